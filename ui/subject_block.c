#include "ui/subject_block.h"

#include "compute/i18n.h"
#include "render/present/texture.h"
#include "ui/core/words_text.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/widgets/row_focus.h"
#include "ui/widgets/thumb.h"

#include <string.h>

#define LISTED_MOST  12 // photos
#define THUMB_SIDE   48
#define THUMB_MARGIN 6

struct _TinctureSubjectBlock {
    AdwBin parent_instance;

    // template widgets
    AdwPreferencesGroup *photos;
    AdwEntryRow *word, *kind;
    GtkWidget *no_photos, *add, *add_folder, *remove;
    GtkLabel *words;

    // owned
    TinctureSession *session;
    TinctureSubjectWork *work;
    GPtrArray *rows; // GtkWidget *, borrowed from the group: of each photo, with its path as data

    // state
    guint index, updating;
};

G_DEFINE_FINAL_TYPE(TinctureSubjectBlock, tincture_subject_block, ADW_TYPE_BIN)

static TinctureSubjectWork *work_of(TinctureSubjectBlock *self)
{
    return self->work;
}

static const struct subject_entry *entry_of(TinctureSubjectBlock *self)
{
    return subject_draft_at(&work_of(self)->draft, self->index);
}

// ---- what a person does -------------------------------------------------------------------------

static void add_files(TinctureSubjectBlock *self, GPtrArray *paths)
{
    g_ptr_array_add(paths, NULL);
    tincture_subject_work_add(work_of(self), self->index, (const char *const *)paths->pdata);
}

static void files_chosen_cb(GListModel *files, gpointer data)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < g_list_model_get_n_items(files); i++) {
        g_autoptr(GFile) file = g_list_model_get_item(files, i);
        char *path = g_file_get_path(file);
        if (path != NULL) {
            g_ptr_array_add(paths, path);
        }
    }
    add_files(data, paths);
}

static void add_cb(TinctureSubjectBlock *self)
{
    file_dialog_open_photos(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), files_chosen_cb,
                            self);
}

static void folder_chosen_cb(GFile *file, gpointer data)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    char *path = g_file_get_path(file);
    if (path != NULL) {
        g_ptr_array_add(paths, path);
    }
    add_files(data, paths);
}

static void add_folder_cb(TinctureSubjectBlock *self)
{
    file_dialog_open_folder(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), folder_chosen_cb,
                            self);
}

static void word_cb(TinctureSubjectBlock *self)
{
    if (self->updating == 0) {
        tincture_subject_work_set_word(work_of(self), self->index,
                                       gtk_editable_get_text(GTK_EDITABLE(self->word)));
    }
}

static void kind_cb(TinctureSubjectBlock *self)
{
    if (self->updating == 0) {
        tincture_subject_work_set_kind(work_of(self), self->index,
                                       gtk_editable_get_text(GTK_EDITABLE(self->kind)));
    }
}

static void remove_subject_cb(TinctureSubjectBlock *self)
{
    gtk_widget_activate_action(GTK_WIDGET(self), "win.subject-remove", "u", self->index);
}

// ---- photos -------------------------------------------------------------------------------------

static const char *path_of(GtkWidget *row)
{
    return g_object_get_data(G_OBJECT(row), "path");
}

static void leave_out_cb(GtkWidget *button, TinctureSubjectBlock *self)
{
    const int at = subject_entry_find(entry_of(self), path_of(button));
    if (at >= 0) {
        gtk_widget_activate_action(GTK_WIDGET(self), "win.subject-leave-out", "(uu)", self->index,
                                   (guint)at);
    }
}

static void retouch_cb(GtkWidget *row, TinctureSubjectBlock *self)
{
    const int at = subject_entry_find(entry_of(self), path_of(row));
    if (at >= 0) {
        gtk_widget_activate_action(GTK_WIDGET(self), "win.subject-photo", "(uu)", self->index,
                                   (guint)at);
    }
}

static GtkWidget *button_in(GtkWidget *row, const char *path, const char *icon, const char *text,
                            GCallback clicked, TinctureSubjectBlock *self)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);
    g_object_set_data_full(G_OBJECT(button), "path", g_strdup(path), g_free);
    gtk_widget_set_name(button, text); // for tests and inspectors
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_tooltip_text(button, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    g_signal_connect(button, "clicked", clicked, self);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    return button;
}

static GtkWidget *thumb_of(const struct subject_view *view)
{
    GtkWidget *thumb = tincture_thumb_new(NULL, THUMB_SIDE, THUMB_SIDE);
    if (view->thumb.rgba != NULL) {
        g_autoptr(GdkTexture) texture =
            texture_from_rgba8(view->thumb.rgba, view->thumb.width, view->thumb.height);
        tincture_thumb_set_paintable(TINCTURE_THUMB(thumb), GDK_PAINTABLE(texture));
    }
    gtk_widget_set_valign(thumb, GTK_ALIGN_CENTER);
    gtk_widget_set_margin_top(thumb, THUMB_MARGIN);
    gtk_widget_set_margin_bottom(thumb, THUMB_MARGIN);
    return thumb;
}

static GtkWidget *photo_row(TinctureSubjectBlock *self, const struct subject_shot *shot,
                            const struct subject_view *view)
{
    GtkWidget *row = adw_action_row_new();
    g_autofree char *out = g_strdup_printf(_("Leave %s out"), view->name);
    g_autofree char *retouch = g_strdup_printf(_("Crop, mask and describe %s"), view->name);
    g_object_set_data_full(G_OBJECT(row), "path", g_strdup(shot->path), g_free);
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), view->name);
    gtk_widget_set_name(row, view->name); // for tests and inspectors
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), thumb_of(view));
    if (work_of(self)->lesson->roles == NULL) {
        button_in(row, shot->path, "document-edit-symbolic", retouch, G_CALLBACK(retouch_cb), self);
    }
    button_in(row, shot->path, "list-remove-symbolic", out, G_CALLBACK(leave_out_cb), self);
    return row;
}

// What it is described by; NULL: by word and class.
static const char *caption_of(const struct subject_shot *shot, const struct subject_view *view)
{
    return shot->caption != NULL ? shot->caption : view->caption;
}

static void add_caption(TinctureSubjectBlock *self, GString *text, const char *caption)
{
    const struct prompt_style style = {0};
    const char *word = entry_of(self)->word;
    g_autofree char *end = reading_text(self->session->studio->reader, &style, caption);
    g_string_append_printf(text, " · “%s”%s%s", caption, *end ? C_("sentences", ". ") : "", end);
    if (work_of(self)->lesson->tokens && *word && strstr(caption, word) == NULL) {
        g_string_append_printf(text, _(". It does not name %s"), word);
    }
}

static char *photo_text(TinctureSubjectBlock *self, const struct subject_shot *shot,
                        const struct subject_view *view)
{
    const char *caption = caption_of(shot, view);
    g_autoptr(GString) text = g_string_new(NULL);
    if (shot->crop.width > 0) {
        g_string_printf(text, _("%d × %d, of which %d × %d"), view->width, view->height,
                        shot->crop.width, shot->crop.height);
    } else {
        g_string_printf(text, "%d × %d", view->width, view->height);
    }
    if (tincture_subject_work_has_mask(work_of(self), shot)) {
        g_string_append(text, _(" · with a mask"));
    } else if (tincture_subject_work_needs_masks(work_of(self))) {
        g_string_append(text, _(" · needs a mask for pairs of segments"));
    }
    if (caption != NULL) {
        add_caption(self, text, caption);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void drop_row(TinctureSubjectBlock *self, guint i)
{
    row_focus_leave(self->rows->pdata[i]);
    adw_preferences_group_remove(self->photos, self->rows->pdata[i]);
    g_ptr_array_remove_index(self->rows, i);
}

static void show_photo(TinctureSubjectBlock *self, guint i, const struct subject_shot *shot,
                       const struct subject_view *view)
{
    while (i < self->rows->len && !g_str_equal(path_of(self->rows->pdata[i]), shot->path)) {
        drop_row(self, i);
    }
    if (i == self->rows->len) {
        GtkWidget *row = photo_row(self, shot, view);
        adw_preferences_group_add(self->photos, row);
        g_ptr_array_add(self->rows, row);
    }
    g_autofree char *text = photo_text(self, shot, view);
    adw_action_row_set_subtitle(self->rows->pdata[i], text);
}

// What is said of the list, n photos of which have been read.
static char *photos_text(TinctureSubjectBlock *self, guint n)
{
    const char *const *describe = work_of(self)->lesson->describe;
    if (entry_of(self)->shots->len > n) {
        return g_strdup(_("Reading the photos…"));
    }
    if (n > LISTED_MOST) {
        return g_strdup_printf(_("%u photos, of which the first %d are shown."), n, LISTED_MOST);
    }
    return g_strdup(describe != NULL ? _(describe[self->index])
                    : n == 1
                        ? _("Of one photo its surroundings are learned, too. Three to five from "
                            "different sides are better.")
                        : _("Three to five of the same thing, from different sides and in "
                            "different places."));
}

static void show_photos(TinctureSubjectBlock *self)
{
    const GPtrArray *shots = entry_of(self)->shots;
    guint n = 0;
    for (guint i = 0; i < shots->len; i++) {
        const struct subject_shot *shot = shots->pdata[i];
        const struct subject_view *view = tincture_subject_work_view(work_of(self), shot);
        if (view != NULL && n++ < LISTED_MOST) {
            show_photo(self, n - 1, shot, view);
        }
    }
    while (self->rows->len > MIN(n, LISTED_MOST)) {
        drop_row(self, self->rows->len - 1);
    }
    g_autofree char *text = photos_text(self, n);
    gtk_widget_set_visible(self->no_photos, n == 0);
    adw_preferences_group_set_description(self->photos, text);
}

// ---- word and class -----------------------------------------------------------------------------

static void show_text(AdwEntryRow *row, const char *text)
{
    g_autofree char *now = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(row))));
    if (!g_str_equal(now, text)) {
        gtk_editable_set_text(GTK_EDITABLE(row), text);
    }
}

// What is said where nothing is wrong.
static char *call_text(TinctureSubjectBlock *self)
{
    g_autofree char *other = tincture_subject_work_same_word(work_of(self), self->index);
    if (*entry_of(self)->kind == '\0') {
        return g_strdup(_("Of what it is the model draws pictures first, so that it does not "
                          "forget the others"));
    }
    g_autofree char *sentence = tincture_subject_work_sentence(work_of(self), self->index);
    return other != NULL
               ? g_strdup_printf(_("In sentences it is called “%s”. “%s” has this word already: a "
                                   "photo uses one of the two"),
                                 sentence, other)
               : g_strdup_printf(_("In sentences it is called “%s”"), sentence);
}

// The words of a list whose word is a name alone, and which may do without a description.
static void show_plain_names(TinctureSubjectBlock *self)
{
    const struct subject_entry *entry = entry_of(self);
    const struct lesson *lesson = work_of(self)->lesson;
    g_autofree char *unknown =
        words_text(self->session->studio->vocabulary, self->session->studio->reader, entry->kind);
    gtk_widget_set_visible(GTK_WIDGET(self->word), self->index + 1 == lesson->most);
    gtk_widget_set_visible(GTK_WIDGET(self->words), *unknown != '\0');
    show_text(self->word, entry->word);
    show_text(self->kind, entry->kind);
    gtk_label_set_text(self->words, unknown);
}

static void show_names(TinctureSubjectBlock *self)
{
    const struct subject_entry *entry = entry_of(self);
    const struct model *reader = self->session->studio->reader;
    g_autofree char *fault = tincture_subject_work_word_fault(work_of(self), self->index, reader);
    g_autofree char *unknown = words_text(self->session->studio->vocabulary, reader, entry->kind);
    g_autofree char *call = call_text(self);
    g_autofree char *text = g_strconcat(fault != NULL ? fault : call,
                                        *unknown ? C_("sentences", ". ") : "", unknown, NULL);
    show_text(self->word, entry->word);
    show_text(self->kind, entry->kind);
    gtk_label_set_text(self->words, text);
}

// ---- the object ---------------------------------------------------------------------------------

void tincture_subject_block_show(TinctureSubjectBlock *self)
{
    const struct lesson *lesson = work_of(self)->lesson;
    const guint n = work_of(self)->draft.subjects->len;
    const gboolean stays = n == lesson->least;
    self->updating++;
    adw_preferences_group_set_title(self->photos,
                                    n > 1 ? _(lesson->lists[self->index]) : _("Photos"));
    gtk_widget_set_visible(self->remove, n > 1 && (!stays || entry_of(self)->shots->len > 0));
    show_photos(self);
    (lesson->tokens ? show_names : show_plain_names)(self);
    self->updating--;
}

static void tincture_subject_block_dispose(GObject *object)
{
    TinctureSubjectBlock *self = TINCTURE_SUBJECT_BLOCK(object);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    g_clear_object(&self->work);
    g_clear_object(&self->session);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_SUBJECT_BLOCK);
    G_OBJECT_CLASS(tincture_subject_block_parent_class)->dispose(object);
}

static void tincture_subject_block_class_init(TinctureSubjectBlockClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_subject_block_dispose;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/subject_block.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectBlock, photos);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectBlock, no_photos);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectBlock, add);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectBlock, add_folder);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectBlock, remove);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectBlock, word);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectBlock, kind);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectBlock, words);
    gtk_widget_class_bind_template_callback(widget_class, add_cb);
    gtk_widget_class_bind_template_callback(widget_class, remove_subject_cb);
    gtk_widget_class_bind_template_callback(widget_class, add_folder_cb);
    gtk_widget_class_bind_template_callback(widget_class, word_cb);
    gtk_widget_class_bind_template_callback(widget_class, kind_cb);
}

static void tincture_subject_block_init(TinctureSubjectBlock *self)
{
    self->rows = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(self));
}

// Names for tests and inspectors: "subject.word", "subject2.word", "style2.word".
static void name_controls(TinctureSubjectBlock *self)
{
    const struct {
        gpointer widget;
        const char *name;
    } names[] = {{self->add, "add"},       {self->add_folder, "add-folder"},
                 {self->remove, "remove"}, {self->word, "word"},
                 {self->kind, "kind"},     {self->words, "words"}};
    g_autofree char *number = self->index > 0 ? g_strdup_printf("%u", self->index + 1) : NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_strdup_printf("%s%s.%s", work_of(self)->lesson->name,
                                                number ? number : "", names[i].name);
        gtk_widget_set_name(names[i].widget, name);
    }
}

static void title_controls(TinctureSubjectBlock *self)
{
    const struct lesson *lesson = work_of(self)->lesson;
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->word), translated(lesson->word));
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->kind), translated(lesson->kind));
    gtk_widget_set_tooltip_text(self->remove, lesson->least > 1 ? _("Leave all of these out")
                                                                : _("Leave this subject out"));
}

GtkWidget *tincture_subject_block_new(TinctureSession *session, TinctureSubjectWork *work,
                                      guint index)
{
    TinctureSubjectBlock *self = g_object_new(TINCTURE_TYPE_SUBJECT_BLOCK, NULL);
    self->session = g_object_ref(session);
    self->work = g_object_ref(work);
    self->index = index;
    name_controls(self);
    title_controls(self);
    return GTK_WIDGET(self);
}

guint tincture_subject_block_get_index(TinctureSubjectBlock *self)
{
    return self->index;
}
