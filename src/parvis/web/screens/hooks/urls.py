from django.urls import path

from parvis.web.screens.hooks import receiving, views

urlpatterns = [
    path("hooks/<str:key>", receiving.receive, name="hook"),
    path("channels/new/hook/", views.add, name="channel-new-hook"),
    path("channels/<int:key>/hook/", views.show, name="channel-hook"),
]
