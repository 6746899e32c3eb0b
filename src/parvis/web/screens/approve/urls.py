from django.urls import path

from parvis.web.screens.approve import views

urlpatterns = [
    path("approve/<str:token>/", views.page, name="approve"),
    path("approve/<str:token>/media/<int:place>-<int:number>/", views.medium, name="approve-medium"),
]
