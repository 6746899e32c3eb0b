from django.urls import path

from parvis.web.screens.listen import acts, stories, views

urlpatterns = [
    path("listen/", views.index, name="listen"),
    path("listen/stories/", stories.index, name="stories"),
    path("listen/stories/<int:key>/", stories.story, name="story"),
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
