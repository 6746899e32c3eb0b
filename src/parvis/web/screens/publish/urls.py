from django.urls import path

from parvis.web.screens.publish import acts, calendar, comments, composing, presence, views

urlpatterns = [
    path("publish/", views.index, name="publish"),
    path("publish/calendar/", calendar.month, name="publish-calendar"),
    path("publish/new/", composing.new, name="post-new"),
    path("publish/<int:key>/", composing.page, name="post"),
    path("publish/<int:key>/save/", composing.save, name="post-save"),
    path("publish/<int:key>/cards/", composing.cards, name="post-cards"),
    path("publish/<int:key>/check/", composing.check, name="post-check"),
    path("publish/<int:key>/presence/", presence.presence, name="post-presence"),
    path("publish/<int:key>/versions/", views.versions, name="post-versions"),
    path("publish/<int:key>/do/", acts.on_post, name="post-do"),
    path("publish/<int:key>/comments/", comments.write, name="post-comment"),
    path("publish/comments/<int:key>/", comments.settle, name="post-comment-settle"),
    path("publish/publications/<int:key>/", acts.on_publication, name="publication-do"),
]
