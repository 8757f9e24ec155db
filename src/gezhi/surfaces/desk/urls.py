"""Addresses of the desk. Fixed words stand before moves, so that a move of such a name is never hidden silently."""

from django.urls import path

from . import atlas, boards, exports, grants, home, imports, lists, package, records, relations

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("search", home.search, name="search"),
    path("alerts", home.alerts, name="alerts"),
    path("map", atlas.map_, name="map"),
    path("post", home.post, name="post"),
    path("connections", relations.connections, name="connections"),
    path("board/<slug:name>/", boards.board, name="board"),
    path("areas", home.areas, name="areas"),
    path("import/<int:pk>/", imports.job, name="job"),
    path("import/<int:pk>/map", imports.mapping, name="job_map"),
    path("import/<int:pk>/start", imports.start, name="job_start"),
    path("import/<int:pk>/undo", imports.undo, name="job_undo"),
    path("import/<int:pk>/stop", imports.stop, name="job_stop"),
    path("import/<int:pk>/progress", imports.progress, name="job_progress"),
    path("import/<int:pk>/errors.xlsx", imports.errors, name="job_errors"),
    path("export/<int:pk>/file", exports.fetch, name="export_file"),
    path("role/<int:pk>/grants", grants.grants, name="grants"),
    path("<slug:register>/", lists.list_, name="list"),
    path("<slug:register>/new", records.new, name="new"),
    path("<slug:register>/begin/<slug:name>", records.begin, name="begin"),
    path("<slug:register>/bulk/<slug:name>", records.bulk, name="bulk"),
    path("<slug:register>/views", lists.views, name="views"),
    path("<slug:register>/views/save", lists.save_view, name="view_save"),
    path("<slug:register>/views/<int:pk>/drop", lists.drop_view, name="view_drop"),
    path("<slug:register>/columns", lists.choose_columns, name="columns"),
    path("<slug:register>/options", lists.options, name="options"),
    path("<slug:register>/features", lists.map_features, name="features"),
    path("<slug:register>/export/whole", exports.ask, name="export_whole"),
    path("<slug:register>/export.<str:form>", exports.export, name="export"),
    path("<slug:register>/import/", imports.upload, name="import"),
    path("<slug:register>/import/template.xlsx", imports.template, name="template"),
    path("<slug:register>/<int:pk>/", records.record, name="record"),
    path("<slug:register>/<int:pk>/card/", records.card, name="card"),
    path("<slug:register>/<int:pk>/edit", records.edit, name="edit"),
    path("<slug:register>/<int:pk>/remove", records.remove, name="remove"),
    path("<slug:register>/<int:pk>/verify", records.verify_, name="verify"),
    path("<slug:register>/<int:pk>/reveal/<slug:name>", records.reveal_, name="reveal"),
    path("<slug:register>/<int:pk>/package", package.package, name="package"),
    path("<slug:register>/<int:pk>/<slug:name>", records.move, name="move"),
]
