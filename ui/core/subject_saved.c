// What a person has put in, and the training that waits, in draft.json of the lesson's folder.
#include "ui/core/subject_work_private.h"

#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/replace.h"

#include <string.h>

#define DRAFT_FILE    "draft.json"
#define SAVE_PAUSE_MS 800

static char *draft_path(TinctureSubjectWork *self)
{
    g_autofree char *folder = store_path(self->library->store, self->lesson->folder);
    return g_build_filename(folder, DRAFT_FILE, NULL);
}

static void write_run(const struct subject_run *run, JsonBuilder *b)
{
    json_builder_begin_object(b);
    subject_draft_write_json(&run->draft, b);
    json_builder_set_member_name(b, "checkpoint");
    json_builder_add_string_value(b, run->checkpoint);
    json_builder_set_member_name(b, "step");
    json_builder_add_int_value(b, run->step);
    json_builder_set_member_name(b, "loss");
    json_builder_begin_array(b);
    for (guint i = 0; i < run->loss->len; i++) {
        json_builder_add_double_value(b, g_array_index(run->loss, double, i));
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

static char *to_json(TinctureSubjectWork *self)
{
    const struct subject_run *run = subject_run_has_checkpoint(self, &self->run) ? &self->run
                                    : subject_run_has_checkpoint(self, &self->waiting)
                                        ? &self->waiting
                                        : NULL;
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    subject_draft_write_json(&self->draft, b);
    if (run) {
        json_builder_set_member_name(b, "run");
        write_run(run, b);
    }
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, FALSE);
}

void subject_work_save_now(TinctureSubjectWork *self)
{
    g_clear_handle_id(&self->save_timer, g_source_remove);
    if (!self->library->store || !self->loaded) {
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *path = draft_path(self);
    g_autofree char *text = to_json(self);
    const bool saved = replacement_whole(path, text, strlen(text), &error);
    if (!saved && !self->save_failed) { // said once
        tincture_project_say_error(self->project, _(self->lesson->no_save), error);
    }
    self->save_failed = !saved;
}

static gboolean save_cb(gpointer data)
{
    TinctureSubjectWork *self = data;
    self->save_timer = 0;
    subject_work_save_now(self);
    return G_SOURCE_REMOVE;
}

void subject_work_save_soon(TinctureSubjectWork *self)
{
    if (!self->save_timer) {
        self->save_timer = g_timeout_add(SAVE_PAUSE_MS, save_cb, self);
    }
}

static void read_run(struct subject_run *run, JsonObject *o)
{
    JsonNode *loss = json_object_get_member(o, "loss"),
             *checkpoint = json_object_get_member(o, "checkpoint"),
             *step = json_object_get_member(o, "step");
    subject_draft_read_json(&run->draft, o);
    run->steps = settings_int(run->draft.learn, "steps");
    if (checkpoint && JSON_NODE_HOLDS_VALUE(checkpoint)) {
        run->checkpoint = g_strdup(json_node_get_string(checkpoint));
    }
    if (step && JSON_NODE_HOLDS_VALUE(step)) {
        run->step = (int)CLAMP(json_node_get_int(step), 0, run->steps);
    }
    JsonArray *values = loss && JSON_NODE_HOLDS_ARRAY(loss) ? json_node_get_array(loss) : NULL;
    for (guint i = 0; values && i < json_array_get_length(values); i++) {
        JsonNode *number = json_array_get_element(values, i);
        const double value = JSON_NODE_HOLDS_VALUE(number) ? json_node_get_double(number) : 0;
        g_array_append_val(run->loss, value);
    }
}

bool subject_work_read(TinctureSubjectWork *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = draft_path(self);
    g_autoptr(JsonNode) root = g_file_test(path, G_FILE_TEST_EXISTS)
                                   ? json_file_read(path, JSON_NODE_OBJECT, DRAFT_FILE, &error)
                                   : NULL;
    tincture_project_say_error(self->project, _(self->lesson->no_read), error);
    if (!root) {
        return false;
    }
    JsonNode *run = json_object_get_member(json_node_get_object(root), "run");
    subject_draft_read_json(&self->draft, json_node_get_object(root));
    if (run && JSON_NODE_HOLDS_OBJECT(run)) {
        read_run(&self->run, json_node_get_object(run));
    }
    if (!subject_run_has_checkpoint(self, &self->run)) {
        g_clear_pointer(&self->run.checkpoint, g_free);
    }
    return true;
}
