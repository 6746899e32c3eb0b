from django.urls import path

from parvis.web.screens.inbox import acts, bulk, jobs, past, views

urlpatterns = [
    path("inbox/", views.index, name="inbox"),
    path("inbox/changes/", views.changes, name="inbox-changes"),
    path("inbox/bulk/", bulk.bulk, name="inbox-bulk"),
    path("inbox/bulk/count/", bulk.count, name="inbox-bulk-count"),
    path("inbox/bulk/choices/<slug:what>/", bulk.choices, name="inbox-bulk-choices"),
    path("inbox/jobs/<uuid:key>/", jobs.job, name="inbox-job"),
    path("inbox/undo/<uuid:batch>/", acts.undo, name="inbox-undo"),
    path("inbox/views/", acts.save_view, name="inbox-view-save"),
    path("inbox/views/<int:key>/delete/", acts.delete_view, name="inbox-view-delete"),
    path("inbox/items/<int:item_id>/decide/", acts.decide, name="inbox-decide"),
    path("inbox/items/<int:item_id>/versions/", past.versions, name="inbox-versions"),
    path("inbox/<int:key>/", views.talk, name="talk"),
    path("inbox/<int:key>/history/", past.history, name="inbox-history"),
    path("inbox/<int:key>/choices/<slug:what>/", views.choices, name="inbox-choices"),
    path("inbox/<int:key>/names/", views.names, name="inbox-names"),
    path("inbox/<int:key>/state/", acts.change_state, name="inbox-state"),
    path("inbox/<int:key>/assign/", acts.assign, name="inbox-assign"),
    path("inbox/<int:key>/snooze/", acts.snooze, name="inbox-snooze"),
    path("inbox/<int:key>/labels/", acts.label, name="inbox-labels"),
    path("inbox/<int:key>/priority/", acts.prioritise, name="inbox-priority"),
    path("inbox/<int:key>/reply/", acts.reply, name="inbox-reply"),
    path("inbox/<int:key>/note/", acts.note, name="inbox-note"),
    path("inbox/<int:key>/draft/", acts.draft, name="inbox-draft"),
    path("inbox/<int:key>/presence/", acts.presence, name="inbox-presence"),
]
