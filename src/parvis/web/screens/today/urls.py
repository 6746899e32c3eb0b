from django.urls import path

from parvis.web.screens.today import views

urlpatterns = [path("", views.index, name="today")]
