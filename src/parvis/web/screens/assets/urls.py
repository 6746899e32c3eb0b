from django.urls import path

from parvis.web.screens.assets import acts, captions, files, library, page, picking, rights, uploads

urlpatterns = [
    path("assets/", library.index, name="assets"),
    path("assets/folders/", library.folder_add, name="asset-folders"),
    path("assets/folders/<int:key>/do/", library.folder_do, name="asset-folder-do"),
    path("assets/uploads/", uploads.index, name="asset-uploads"),
    path("assets/uploads/<uuid:key>/", uploads.one, name="asset-upload"),
    path("assets/arrive/", uploads.plain, name="asset-plain"),
    path("assets/arrive/<uuid:key>/", uploads.arrive, name="asset-arrive"),
    path("assets/pick/", picking.pick, name="asset-pick"),
    path("assets/known/", picking.known, name="asset-known"),
    path("assets/<int:key>/", page.page, name="asset"),
    path("assets/<int:key>/save/", acts.save, name="asset-save"),
    path("assets/<int:key>/do/", acts.do, name="asset-do"),
    path("assets/<int:key>/rights/", rights.add, name="asset-rights"),
    path("assets/rights/<int:key>/", rights.change, name="asset-right"),
    path("assets/<int:key>/captions/", captions.add, name="asset-captions"),
    path("assets/captions/<int:key>/", captions.edit, name="asset-caption"),
    path("assets/captions/<int:key>/captions.vtt", captions.file, name="asset-caption-file"),
    path("assets/versions/<int:key>/small/", files.small, name="asset-small"),
    path("assets/versions/<int:key>/file/", files.whole, name="asset-file"),
    path("assets/versions/<int:key>/original/", files.original, name="asset-original"),
    path("assets/versions/<int:key>/made/<int:rendition>/", files.made, name="asset-made"),
]
