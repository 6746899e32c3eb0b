from django.urls import path

from parvis.web.screens.welcome import views

urlpatterns = [
    path("welcome/", views.welcome, name="welcome"),
    path("enter/<str:token>", views.enter, name="enter"),
    path("demonstration/leave/", views.leave, name="demonstration-leave"),
]
