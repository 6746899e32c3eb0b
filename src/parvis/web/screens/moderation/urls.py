from django.urls import path

from parvis.web.screens.moderation import views

urlpatterns = [path("moderation/", views.index, name="moderation")]
