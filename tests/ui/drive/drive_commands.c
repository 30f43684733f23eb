// What a script can do: one function a command.
#include "tests/ui/drive/drive_private.h"

#include "ui/core/export_options.h"
#include "ui/window_private.h"

#include <math.h>
#include <string.h>

// Longer than the pause before a preview, and than what undo takes for one change.
#define SETTLED_US (G_USEC_PER_SEC * 11 / 10)

static GFile *file_of(const char *path)
{
    return g_file_new_for_commandline_arg(path);
}

static enum drive_result command_open(struct drive *d, const char *rest)
{
    g_autoptr(GFile) file = file_of(rest);
    tincture_window_open(d->window, file);
    return DRIVE_DONE;
}

// copy FILE: puts the picture on the clipboard as another program's "copy picture" does.
static enum drive_result command_copy(struct drive *d, const char *rest)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GFile) file = file_of(rest);
    g_autoptr(GdkTexture) texture = gdk_texture_new_from_file(file, &error);
    if (texture == NULL) {
        return drive_fail(d, "%s", error->message);
    }
    gdk_clipboard_set_texture(gtk_widget_get_clipboard(GTK_WIDGET(d->window)), texture);
    return DRIVE_DONE;
}

// paste FILE: the same, and pastes it into the window, not into a text.
static enum drive_result command_paste(struct drive *d, const char *rest)
{
    const enum drive_result copied = command_copy(d, rest);
    if (copied != DRIVE_DONE) {
        return copied;
    }
    gtk_window_set_focus(GTK_WINDOW(d->window), NULL);
    return gtk_widget_activate_action(GTK_WIDGET(d->window), "win.paste", NULL)
               ? DRIVE_DONE
               : drive_fail(d, "nothing can be pasted");
}

static enum drive_result command_copy_text(struct drive *d, const char *rest)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(d->window)), rest);
    return DRIVE_DONE;
}

static GtkDropTarget *drop_target(GtkWidget *widget)
{
    g_autoptr(GListModel) controllers = gtk_widget_observe_controllers(widget);
    for (guint i = 0; i < g_list_model_get_n_items(controllers); i++) {
        g_autoptr(GObject) controller = g_list_model_get_item(controllers, i);
        if (GTK_IS_DROP_TARGET(controller)) {
            return GTK_DROP_TARGET(controller); // the widget keeps it
        }
    }
    return NULL;
}

// drop FILE...: the files fall onto the window, as from a file manager.
static enum drive_result command_drop(struct drive *d, const char *rest)
{
    GtkDropTarget *target = drop_target(d->window->drop_area);
    g_auto(GStrv) names = g_strsplit(rest, " ", 0);
    g_autoslist(GFile) files = NULL;
    for (int i = 0; names[i] != NULL; i++) {
        files = g_slist_append(files, file_of(names[i]));
    }
    g_auto(GValue) value = G_VALUE_INIT;
    g_value_init(&value, GDK_TYPE_FILE_LIST);
    g_value_take_boxed(&value, gdk_file_list_new_from_list(files));
    gboolean taken = FALSE;
    if (target != NULL) {
        g_signal_emit_by_name(target, "drop", &value, 100.0, 100.0, &taken);
    }
    return taken ? DRIVE_DONE : drive_fail(d, "the window does not take that");
}

// set NAME VALUE: the control of that widget name.
static enum drive_result command_set(struct drive *d, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", 2);
    if (words[0] == NULL ||
        !drive_widget_set(GTK_WIDGET(d->window), words[0], words[1] != NULL ? words[1] : "")) {
        return drive_fail(d, "no control takes that");
    }
    return DRIVE_DONE;
}

// param KEY VALUE: moves the slider of a setting of the edit.
static enum drive_result command_param(struct drive *d, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", 2);
    const struct setting *p =
        words[0] != NULL ? settings_find(d->project->document.edit, words[0], NULL) : NULL;
    if (p == NULL || words[1] == NULL) {
        return drive_fail(d, "no such parameter");
    }
    double value = g_ascii_strtod(words[1], NULL);
    g_autofree char *name = g_strdup_printf("edit.%s", p->key);
    char position[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(position, sizeof position, "%.12g", p->logarithmic ? log10(value) : value);
    return drive_widget_set(GTK_WIDGET(d->window), name, position)
               ? DRIVE_DONE
               : drive_fail(d, "the slider cannot be moved");
}

// The rows that count now have a control each, which shows their value.
static enum drive_result check_rows(struct drive *d, enum document_settings which)
{
    const struct settings *settings = document_settings(&d->project->document, which);
    const struct setting *row;
    for (int i = 0; (row = settings_row(settings, i, NULL)) != NULL; i++) {
        g_autofree char *name =
            g_strdup_printf("%s.%s", which == SETTINGS_EDIT ? "edit" : "learn", row->key);
        g_autofree char *shown = drive_widget_get(GTK_WIDGET(d->window), name);
        const bool absent = g_str_equal(row->key, "keep_edges") && !d->session->studio->has_edges;
        if (row->level != SETTING_HIDDEN && !absent && shown == NULL) {
            return drive_fail(d, "the window has no row %s", name);
        }
    }
    return DRIVE_DONE;
}

// settings: every row of the tables, with every member of every family chosen in turn, is in the
// window.
static enum drive_result command_settings(struct drive *d, const char *rest)
{
    enum drive_result result = DRIVE_DONE;
    for (enum document_settings which = SETTINGS_EDIT; which <= SETTINGS_LEARN; which++) {
        const struct setting *table = document_settings(&d->project->document, which)->table;
        for (const struct setting *row = table; row->key != NULL; row++) {
            for (int i = 0; row->family != NULL && row->family(i) != NULL; i++) {
                if (row->family(i)->level == SETTING_HIDDEN) {
                    continue; // not offered, so that its rows are not either
                }
                tincture_project_set(d->project, which, row->key, i);
                result = result == DRIVE_DONE ? check_rows(d, which) : result;
            }
            tincture_project_set(d->project, which, row->key, row->def);
        }
    }
    return result;
}

static enum drive_result command_click(struct drive *d, const char *rest)
{
    return drive_widget_click(GTK_WIDGET(d->window), rest)
               ? DRIVE_DONE
               : drive_fail(d, "no such button is seen, or it is off");
}

// action NAME, as in menus: "win.learn", "app.style-variant::dark".
static enum drive_result command_action(struct drive *d, const char *rest)
{
    g_autofree char *name = NULL;
    g_autoptr(GVariant) target = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_action_parse_detailed_name(rest, &name, &target, &error)) {
        return drive_fail(d, "%s", error->message);
    }
    return gtk_widget_activate_action_variant(GTK_WIDGET(d->window), name, target)
               ? DRIVE_DONE
               : drive_fail(d, "no such action, or it is off");
}

// repeat ACTION until FACT [OP] VALUE
static enum drive_result command_repeat(struct drive *d, const char *rest)
{
    g_auto(GStrv) parts = g_strsplit(rest, " until ", 2);
    g_auto(GStrv) words = parts[1] != NULL ? g_strsplit(parts[1], " ", 2) : NULL;
    g_autofree char *fact = words != NULL ? drive_fact(d, words[0]) : NULL;
    if (fact == NULL || words[1] == NULL) {
        return drive_fail(d, "until what?");
    }
    if (drive_compare(fact, words[1])) {
        return DRIVE_DONE;
    }
    const enum drive_result result = command_action(d, parts[0]);
    return result == DRIVE_DONE ? DRIVE_AGAIN : result;
}

// split FRACTION: the compare handle.
static enum drive_result command_split(struct drive *d, const char *rest)
{
    return drive_widget_set(GTK_WIDGET(d->window), "canvas", rest)
               ? DRIVE_DONE
               : drive_fail(d, "there is no canvas");
}

// Without a pause, wait idle would end before the session has begun what the last command asked
// for.
static gboolean is_settled(struct drive *d)
{
    gint64 now = g_get_monotonic_time();
    return d->idle_since_us != 0 && now - d->idle_since_us > SETTLED_US &&
           now - d->started_us > SETTLED_US;
}

// "CONDITION within SECONDS": cuts the limit off and keeps it.
static char *take_limit(struct drive *d, const char *rest)
{
    const char *within = g_strrstr(rest, " within ");
    if (within == NULL) {
        return g_strdup(rest);
    }
    d->limit = g_ascii_strtod(within + strlen(" within "), NULL);
    return g_strndup(rest, (gsize)(within - rest));
}

// "N": so many losses are known; "+N": so many more than when the command began.
static gboolean steps_reached(struct drive *d, const char *steps)
{
    int wanted = atoi(steps) + (*steps == '+' ? d->losses : 0);
    return (int)d->project->loss->len >= wanted;
}

static gboolean job_reached(struct drive *d, GStrv words)
{
    gboolean step = g_strv_length(words) >= 4 && g_str_equal(words[2], "step");
    g_autofree char *job = drive_fact(d, "job");
    return g_str_equal(job, words[1]) && (!step || steps_reached(d, words[3]));
}

// wait idle | wait end | wait job KIND [step N] | wait FACT [OP] VALUE, each with an optional
// "within SECONDS"
static enum drive_result command_wait(struct drive *d, const char *whole)
{
    g_autofree char *rest = take_limit(d, whole);
    g_auto(GStrv) words = g_strsplit(rest, " ", -1);
    guint n = g_strv_length(words);
    if (n == 0) {
        return drive_fail(d, "for what?");
    }
    if (g_str_equal(words[0], "idle")) {
        return is_settled(d) ? DRIVE_DONE : DRIVE_AGAIN;
    }
    if (g_str_equal(words[0], "end")) {
        return DRIVE_AGAIN; // the script ends with the program
    }
    if (g_str_equal(words[0], "job") && n >= 2) {
        return job_reached(d, words) ? DRIVE_DONE : DRIVE_AGAIN;
    }
    g_autofree char *fact = drive_fact(d, words[0]);
    if (fact == NULL) {
        return DRIVE_AGAIN; // "result.0.prompt" before there is a result
    }
    const char *expectation = strchr(rest, ' ');
    return expectation != NULL && drive_compare(fact, expectation + 1) ? DRIVE_DONE : DRIVE_AGAIN;
}

// assert FACT [OP] VALUE
static enum drive_result command_assert(struct drive *d, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", 2);
    g_autofree char *fact = words[0] != NULL ? drive_fact(d, words[0]) : NULL;
    if (fact == NULL) {
        return drive_fail(d, "no such fact");
    }
    return drive_compare(fact, words[1] != NULL ? words[1] : "")
               ? DRIVE_DONE
               : drive_fail(d, "it is “%s”", fact);
}

static enum drive_result command_print(struct drive *d, const char *rest)
{
    g_autofree char *fact = drive_fact(d, rest);
    if (fact == NULL) {
        return drive_fail(d, "no such fact");
    }
    g_print("%s: %s\n", rest, fact);
    return DRIVE_DONE;
}

// Of languages that are written from right to left, whatever the words are.
static enum drive_result command_direction(struct drive *d, const char *rest)
{
    const gboolean left = g_str_equal(rest, "left");
    gtk_widget_set_default_direction(left ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
    return left || g_str_equal(rest, "right") ? DRIVE_DONE
                                              : drive_fail(d, "text runs to the left or right");
}

// setting NAME VALUE: one of the desktop's, as GTK calls it: "gtk-xft-dpi 196608" is text of 200 %.
static enum drive_result command_setting(struct drive *d, const char *rest)
{
    GtkSettings *settings = gtk_settings_get_default();
    g_autoptr(GtkBuilder) builder = gtk_builder_new(); // it reads values of any type
    g_auto(GStrv) words = g_strsplit(rest, " ", 2);
    GParamSpec *property =
        words[0] != NULL ? g_object_class_find_property(G_OBJECT_GET_CLASS(settings), words[0])
                         : NULL;
    g_auto(GValue) value = G_VALUE_INIT;
    if (property == NULL || words[1] == NULL) {
        return drive_fail(d, "no such setting");
    }
    if (!gtk_builder_value_from_string_type(builder, property->value_type, words[1], &value,
                                            NULL)) {
        return drive_fail(d, "it does not take that");
    }
    g_object_set_property(G_OBJECT(settings), words[0], &value);
    return DRIVE_DONE;
}

static enum drive_result command_size(struct drive *d, const char *rest)
{
    int width = 0, height = 0;
    if (sscanf(rest, "%dx%d", &width, &height) != 2) {
        return drive_fail(d, "a size is WIDTHxHEIGHT");
    }
    // A window that is not on the screen yet would take its size from elsewhere; one that may not
    // be that large is left as it is.
    gint64 spent = g_get_monotonic_time() - d->started_us;
    if (d->frames < 2) {
        gtk_widget_queue_draw(GTK_WIDGET(d->window));
        return DRIVE_AGAIN;
    }
    gtk_window_set_default_size(GTK_WINDOW(d->window), width, height);
    gboolean there = gtk_widget_get_width(GTK_WIDGET(d->window)) == width;
    return there || spent > 2 * G_USEC_PER_SEC ? DRIVE_DONE : DRIVE_AGAIN;
}

GdkTexture *drive_draw(GtkWidget *widget, float scale)
{
    g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new(widget);
    int width = gdk_paintable_get_intrinsic_width(paintable);
    int height = gdk_paintable_get_intrinsic_height(paintable);
    GtkSnapshot *snapshot = gtk_snapshot_new();
    gtk_snapshot_scale(snapshot, scale, scale);
    gdk_paintable_snapshot(paintable, snapshot, width, height);
    GskRenderNode *node = gtk_snapshot_free_to_node(snapshot);
    if (node == NULL) {
        return NULL;
    }
    GdkTexture *texture = gsk_renderer_render_texture(
        gtk_native_get_renderer(GTK_NATIVE(widget)), node,
        &GRAPHENE_RECT_INIT(0, 0, (float)width * scale, (float)height * scale));
    gsk_render_node_unref(node);
    return texture;
}

// A few frames, so that what the last commands changed is drawn.
static enum drive_result snapshot(struct drive *d, GtkWidget *window, const char *rest)
{
    if (d->frames < 3) {
        gtk_widget_queue_draw(GTK_WIDGET(d->window)); // whose frames are counted
        gtk_widget_queue_draw(window);
        return DRIVE_AGAIN;
    }
    g_autoptr(GdkTexture) texture = drive_draw(window, (float)gtk_widget_get_scale_factor(window));
    if (texture == NULL) {
        return DRIVE_AGAIN;
    }
    return gdk_texture_save_to_png(texture, rest) ? DRIVE_DONE
                                                  : drive_fail(d, "the picture cannot be written");
}

static enum drive_result command_snapshot(struct drive *d, const char *rest)
{
    return snapshot(d, GTK_WIDGET(d->window), rest);
}

// snapshot-dialog FILE: of the window that is open beside this one.
static enum drive_result command_snapshot_dialog(struct drive *d, const char *rest)
{
    GtkWidget *dialog = drive_other_window(d);
    return dialog != NULL ? snapshot(d, dialog, rest) : DRIVE_AGAIN;
}

static enum drive_result command_close_dialog(struct drive *d, const char *rest)
{
    GtkWidget *dialog = drive_other_window(d);
    if (dialog != NULL) {
        gtk_window_close(GTK_WINDOW(dialog));
    }
    return dialog != NULL ? DRIVE_DONE : drive_fail(d, "there is none");
}

// export FILE [with KEY=VALUE...]: what the export dialog ends in, else with the usual options.
static enum drive_result command_export(struct drive *d, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " with ", 2);
    g_autoptr(GFile) file = file_of(words[0]);
    g_autofree char *path = g_file_get_path(file);
    struct settings *options = settings_new(export_settings);
    export_from_text(options, words[1] != NULL ? words[1] : "");
    tincture_window_export(d->window, path, options);
    settings_free(options);
    return DRIVE_DONE;
}

// export-adapter FILE [as DIALECT [rank N]]: the newest adapter.
static enum drive_result command_export_adapter(struct drive *d, const char *rest)
{
    const guint adapters = tincture_project_n_adapters(d->project);
    if (adapters == 0) {
        return drive_fail(d, "there is no adapter");
    }
    const TinctureAdapterEntry *newest = tincture_project_adapter(d->project, adapters - 1);
    g_auto(GStrv) words = g_strsplit(rest, " as ", 2);
    g_auto(GStrv) form = g_strsplit(words[0] && words[1] ? words[1] : "", " rank ", 2);
    const struct adapter_choice choice = {
        .dialect = form[0],
        .rank = form[0] && form[1] ? (int)g_ascii_strtoll(form[1], NULL, 10) : 0};
    g_autoptr(GFile) file = file_of(words[0]);
    tincture_window_export_adapter(d->window, newest->id, file, &choice);
    return DRIVE_DONE;
}

// hint FILE: what the dialog for the hint of a control ends in.
static enum drive_result command_hint(struct drive *d, const char *rest)
{
    g_autoptr(GFile) file = file_of(rest);
    tincture_window_set_hint(d->window, file);
    return DRIVE_DONE;
}

// export-document ID FILE, find-original ID FILE: what the dialogs of the library end in.
static enum drive_result command_with_document(struct drive *d, const char *rest,
                                               void (*take)(TinctureWindow *, gint64, GFile *))
{
    g_auto(GStrv) words = g_strsplit(rest, " ", 2);
    if (words[0] == NULL || words[1] == NULL) {
        return drive_fail(d, "a document and a file are needed");
    }
    g_autoptr(GFile) file = file_of(words[1]);
    take(d->window, g_ascii_strtoll(words[0], NULL, 10), file);
    return DRIVE_DONE;
}

static enum drive_result command_export_document(struct drive *d, const char *rest)
{
    return command_with_document(d, rest, tincture_window_export_document);
}

static enum drive_result command_find_original(struct drive *d, const char *rest)
{
    return command_with_document(d, rest, tincture_window_find_original);
}

// save-sticker FILE: what the dialog ends in.
static enum drive_result command_save_sticker(struct drive *d, const char *rest)
{
    return tincture_sticker_work_save(d->session->sticker, rest)
               ? DRIVE_DONE
               : drive_fail(d, "the sticker cannot be saved");
}

// save-stickers FOLDER: what the dialog for several ends in.
static enum drive_result command_save_stickers(struct drive *d, const char *rest)
{
    return tincture_sticker_work_save_all(d->session->sticker, rest)
               ? DRIVE_DONE
               : drive_fail(d, "the stickers cannot be saved");
}

// batch FOLDER PHOTO...: what Edit Many Photos ends in, for the open photo's edit.
static enum drive_result command_batch(struct drive *d, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", 0);
    if (words[0] == NULL || words[1] == NULL) {
        return drive_fail(d, "batch needs a folder and photos");
    }
    tincture_window_batch(d->window, NULL, (const char *const *)words + 1, words[0]);
    return DRIVE_DONE;
}

// batch-by RECIPE FOLDER PHOTO...: the same by a recipe's file.
static enum drive_result command_batch_by(struct drive *d, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", 0);
    struct batch_plan plan;
    g_autoptr(GError) error = NULL;
    if (g_strv_length(words) < 3) {
        return drive_fail(d, "batch-by needs a recipe, a folder and photos");
    }
    const bool read = batch_plan_read(&plan, words[0], &error);
    if (read) {
        tincture_window_batch(d->window, &plan, (const char *const *)words + 2, words[1]);
    }
    batch_plan_clear(&plan);
    return read ? DRIVE_DONE : drive_fail(d, "%s", error->message);
}

// save-recipe FILE: what the batch's dialog would save for the open photo.
static enum drive_result command_save_recipe(struct drive *d, const char *rest)
{
    struct batch_plan plan;
    g_autoptr(GError) error = NULL;
    tincture_session_plan(d->session, &plan);
    const bool written = batch_plan_write(&plan, rest, &error);
    batch_plan_clear(&plan);
    return written ? DRIVE_DONE : drive_fail(d, "%s", error->message);
}

// restore N: a click on the history's N-th row, newest first.
static enum drive_result command_restore(struct drive *d, const char *rest)
{
    const guint results = tincture_project_n_results(d->project);
    guint64 n = g_ascii_strtoull(rest, NULL, 10);
    if (n >= results) {
        return drive_fail(d, "there are %u results", results);
    }
    return drive_widget_set(GTK_WIDGET(d->window), "results", rest)
               ? DRIVE_DONE
               : drive_fail(d, "the history is not shown");
}

// window N: what follows is done in the N-th window of the program, from 1, the oldest first.
static enum drive_result command_window(struct drive *d, const char *rest)
{
    TinctureWindow *window = drive_window(d, (guint)strtoul(rest, NULL, 10));
    if (window == NULL) {
        return drive_fail(d, "there is no such window");
    }
    drive_turn_to(d, window);
    gtk_window_present(GTK_WINDOW(window));
    return DRIVE_DONE;
}

static enum drive_result command_quit(struct drive *d, const char *rest)
{
    return DRIVE_QUIT;
}

enum drive_result drive_run(struct drive *drive, const char *command, const char *rest)
{
    static const struct {
        const char *name;
        enum drive_result (*run)(struct drive *d, const char *rest);
    } commands[] = {
        {"open", command_open},
        {"set", command_set},
        {"paste", command_paste},
        {"drop", command_drop},
        {"param", command_param},
        {"settings", command_settings},
        {"click", command_click},
        {"action", command_action},
        {"split", command_split},
        {"wait", command_wait},
        {"assert", command_assert},
        {"print", command_print},
        {"direction", command_direction},
        {"size", command_size},
        {"snapshot", command_snapshot},
        {"snapshot-dialog", command_snapshot_dialog},
        {"close-dialog", command_close_dialog},
        {"export", command_export},
        {"export-adapter", command_export_adapter},
        {"hint", command_hint},
        {"export-document", command_export_document},
        {"find-original", command_find_original},
        {"save-sticker", command_save_sticker},
        {"save-stickers", command_save_stickers},
        {"batch", command_batch},
        {"batch-by", command_batch_by},
        {"save-recipe", command_save_recipe},
        {"restore", command_restore},
        {"key", drive_key},
        {"type", drive_type},
        {"run", drive_program},
        {"point", drive_point},
        {"pull", drive_pull},
        {"copy", command_copy},
        {"copy-text", command_copy_text},
        {"drag", drive_drag},
        {"stroke", drive_stroke},
        {"scroll", drive_scroll},
        {"measure", drive_measure},
        {"contrast", drive_contrast},
        {"fits", drive_fits},
        {"setting", command_setting},
        {"tab", drive_tab},
        {"back", drive_back},
        {"repeat", command_repeat},
        {"window", command_window},
        {"quit", command_quit},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_str_equal(commands[i].name, command)) {
            return commands[i].run(drive, rest);
        }
    }
    return drive_fail(drive, "no such command");
}
