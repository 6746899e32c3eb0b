from django.urls import path

from parvis.web.screens.channels import adding, changing, files, views

urlpatterns = [
    path("channels/", views.index, name="channels"),
    path("channels/new/", adding.address, name="channel-new"),
    path("channels/new/choose", adding.choose, name="channel-new-choose"),
    path("channels/new/details/", adding.details, name="channel-new-details"),
    path("channels/new/first-items/", adding.show_preview, name="channel-new-preview"),
    path("channels/new/save", adding.save, name="channel-new-save"),
    path("channels/new/files/", files.add_archive, name="channel-new-files"),
    path("channels/logo/<slug:slug>.svg", views.logo, name="channel-logo"),
    path("channels/<int:key>/", views.channel, name="channel"),
    path("channels/<int:key>/do", changing.do, name="channel-do"),
    path("channels/<int:key>/reconnect/", changing.reconnect, name="channel-reconnect"),
    path("channels/<int:key>/remove/", changing.remove, name="channel-remove"),
    path("channels/<int:key>/replay", changing.replay, name="channel-replay"),
    path("channels/<int:key>/import", files.bring_in, name="channel-import"),
    path("channels/<int:key>/jobs/<uuid:job_id>/", files.job, name="channel-job"),
]
