from django.urls import path

from parvis.web.screens.crisis import acts, debrief, parts, views

urlpatterns = [
    path("listen/rooms/", views.index, name="rooms"),
    path("listen/rooms/new/", acts.new, name="room-new"),
    path("listen/rooms/<int:key>/", views.room, name="room"),
    path("listen/rooms/<int:key>/presence/", acts.presence, name="room-presence"),
    path("listen/rooms/<int:key>/log/", parts.entry, name="room-log"),
    path("listen/rooms/<int:key>/lines/", parts.new_line, name="room-lines"),
    path("listen/rooms/<int:key>/lines/<int:line>/", parts.line, name="room-line"),
    path("listen/rooms/<int:key>/lines/<int:line>/approve/", parts.approve, name="room-line-approve"),
    path("listen/rooms/<int:key>/lines/<int:line>/withdraw/", parts.withdraw, name="room-line-withdraw"),
    path("listen/rooms/<int:key>/tasks/", parts.tasks, name="room-tasks"),
    path("listen/rooms/<int:key>/tasks/<int:task>/", parts.tick, name="room-task"),
    path("listen/rooms/<int:key>/choose/", parts.choices, name="room-choose"),
    path("listen/rooms/<int:key>/debrief/", debrief.debrief, name="room-debrief"),
    path("listen/rooms/<int:key>/print/", debrief.printed, name="room-print"),
    path("listen/held/<int:key>/", acts.held, name="held-decide"),
    path("listen/lines/<int:conversation>/", views.lines, name="lines-for"),
]
