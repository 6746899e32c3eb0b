from django.urls import path

from parvis.web.screens.reputation_files import acts, keep, views

urlpatterns = [
    path("listen/files/", views.index, name="files"),
    path("listen/files/new/", acts.new, name="file-new"),
    path("listen/files/<int:key>/", views.file, name="file"),
    path("listen/files/<int:key>/print/", views.printed, name="file-print"),
    path("listen/files/<int:key>/history/", views.history, name="file-history"),
    path("listen/files/<int:key>/change/", acts.change, name="file-change"),
    path("listen/files/<int:key>/state/", acts.state, name="file-state"),
    path("listen/files/<int:key>/evidence/", acts.evidence, name="file-evidence"),
    path("listen/files/<int:key>/answers/", acts.answer, name="file-answer"),
    path("listen/files/<int:key>/answers/<int:number>/approve/", acts.approve, name="file-approve"),
    path("listen/files/<int:key>/links/", acts.links, name="file-links"),
    path("listen/keep/<int:item>/", keep.choices, name="item-keep"),
    path("listen/keep/<int:item>/assign/", keep.assign, name="item-assign"),
]
