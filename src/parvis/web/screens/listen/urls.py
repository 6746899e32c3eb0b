from django.urls import path

from parvis.web.screens.listen import acts, reputation, reputation_acts, stories, views

urlpatterns = [
    path("listen/", views.index, name="listen"),
    path("listen/stories/", stories.index, name="stories"),
    path("listen/stories/<int:key>/", stories.story, name="story"),
    path("listen/reputation/", reputation.index, name="reputation"),
    path("listen/reputation/new/", reputation_acts.new, name="comparison-new"),
    path("listen/reputation/<int:key>/", reputation.comparison, name="comparison"),
    path("listen/reputation/<int:key>/figures.csv", reputation.comparison_csv, name="comparison-csv"),
    path("listen/reputation/<int:key>/change/", reputation_acts.change, name="comparison-change"),
    path("listen/reputation/<int:key>/remove/", reputation_acts.remove, name="comparison-remove"),
    path("listen/reputation/of/<int:key>/", reputation.query, name="reputation-query"),
    path("listen/reputation/of/<int:key>/figures.csv", reputation.query_csv, name="reputation-query-csv"),
    path("listen/reputation/of/<int:key>/items/", reputation.items, name="reputation-items"),
    path(
        "listen/reputation/annotations/<int:key>/remove/", reputation_acts.annotation_remove, name="annotation-remove"
    ),
    path("listen/archived/", views.archived, name="listen-archived"),
    path("listen/new/", acts.new, name="query-new"),
    path("listen/preview/", views.preview, name="query-preview"),
    path("listen/<int:key>/", views.query, name="query"),
    path("listen/<int:key>/change/", acts.change, name="query-change"),
    path("listen/<int:key>/versions/", views.versions, name="query-versions"),
    path("listen/<int:key>/state/", acts.state, name="query-state"),
    path("listen/<int:key>/look-back/", acts.look_back, name="query-look-back"),
    path("listen/<int:key>/open/<int:item>/", acts.open_conversation, name="match-open"),
]
