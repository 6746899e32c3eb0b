from django.urls import path

from parvis.web.screens.house import views

urlpatterns = [path("settings/", views.settings, name="settings")]
