#include "ui/sticker_page.h"

#include "compute/i18n.h"
#include "render/present/texture.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/job_box.h"
#include "ui/widgets/checkered.h"
#include "ui/widgets/prompt_view.h"
#include "ui/widgets/setting_list.h"

struct _TinctureStickerPage {
    AdwBin parent_instance;

    // template widgets
    TincturePromptView *prompt;
    AdwComboRow *style;
    AdwPreferencesGroup *looks;
    TinctureCheckered *preview;
    GtkWidget *draw, *cut, *save, *stop, *progress_box, *nothing;
    GtkLabel *progress_text, *outcome;
    GtkProgressBar *progress;

    // owned
    TinctureSession *session;
    struct setting_list *rows;
    GBytes *shown; // pixels of the preview; NULL: nothing is shown

    // state
    gboolean listing; // the styles are being listed
};

G_DEFINE_FINAL_TYPE(TinctureStickerPage, tincture_sticker_page, ADW_TYPE_BIN)

static TinctureStickerWork *work_of(TinctureStickerPage *self)
{
    return self->session->sticker;
}

// ---- what a person does -------------------------------------------------------------------------

static void draw_cb(TinctureStickerPage *self)
{
    g_autofree char *text = tincture_prompt_view_dup_text(self->prompt);
    tincture_sticker_work_draw(work_of(self), text);
}

static void cut_cb(TinctureStickerPage *self)
{
    tincture_sticker_work_cut(work_of(self));
}

static void style_cb(TinctureStickerPage *self)
{
    const guint at = adw_combo_row_get_selected(self->style);
    if (!self->listing && at != GTK_INVALID_LIST_POSITION) {
        const struct sticker_style *s = at > 0 ? work_of(self)->styles->pdata[at - 1] : NULL;
        tincture_sticker_work_set_style(work_of(self), s != NULL ? s->path : NULL);
    }
}

static void set_cb(const char *key, double value, gpointer data)
{
    tincture_sticker_work_set(work_of(data), key, value);
}

static void file_chosen_cb(GFile *file, gpointer data)
{
    TinctureStickerPage *self = data;
    g_autofree char *path = g_file_get_path(file);
    if (path != NULL) {
        tincture_sticker_work_save(work_of(self), path);
    }
}

static void folder_chosen_cb(GFile *folder, gpointer data)
{
    TinctureStickerPage *self = data;
    g_autofree char *path = g_file_get_path(folder);
    if (path != NULL) {
        tincture_sticker_work_save_all(work_of(self), path);
    }
}

static void save_cb(TinctureStickerPage *self)
{
    if (work_of(self)->made->len > 1) {
        file_dialog_choose_folder(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))),
                                  folder_chosen_cb, self);
        return;
    }
    g_autofree char *name = tincture_sticker_work_file_name(work_of(self));
    file_dialog_save_sticker(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), name,
                             file_chosen_cb, self);
}

// ---- what there is ------------------------------------------------------------------------------

static void show_sticker(TinctureStickerPage *self)
{
    const struct picture *sticker = &work_of(self)->sticker;
    gtk_widget_set_visible(GTK_WIDGET(self->preview), sticker->rgba != NULL);
    gtk_widget_set_visible(self->nothing, sticker->rgba == NULL);
    if (sticker->rgba == self->shown) {
        return;
    }
    g_clear_pointer(&self->shown, g_bytes_unref);
    if (sticker->rgba != NULL) {
        g_autoptr(GdkTexture) texture =
            texture_from_rgba8(sticker->rgba, sticker->width, sticker->height);
        self->shown = g_bytes_ref(sticker->rgba);
        tincture_checkered_set(self->preview, GDK_PAINTABLE(texture));
    }
}

// "Sticker 2 of 5 · Drawing: step 3 of 20".
static void show_number(TinctureStickerPage *self, const TinctureJob *job)
{
    const TinctureStickerWork *work = work_of(self);
    if (job == NULL || job->type != &sticker_job || work->asked < 2 || work->coming == 0) {
        return;
    }
    g_autofree char *text =
        g_strdup_printf(_("Sticker %u of %u · %s"), work->asked - work->coming + 1, work->asked,
                        gtk_label_get_text(self->progress_text));
    gtk_label_set_text(self->progress_text, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->progress),
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
}

static void show_progress(TinctureStickerPage *self)
{
    const TinctureJob *job =
        tincture_queue_find(self->session->queue, self->session->project, &sticker_job);
    job = job != NULL ? job
                      : tincture_queue_find(self->session->queue, self->session->project,
                                            &save_sticker_job);
    job_box_show(self->progress_box, self->progress_text, self->progress, self->stop, job);
    show_number(self, job);
    gtk_widget_set_sensitive(self->draw, job == NULL);
    gtk_widget_set_sensitive(self->cut, job == NULL && self->session->project->photo != NULL);
    gtk_widget_set_sensitive(self->save, job == NULL && work_of(self)->sticker.rgba != NULL);
}

static void changed_cb(TinctureStickerPage *self)
{
    const char *outcome = work_of(self)->outcome;
    const gboolean several = work_of(self)->made->len > 1;
    show_sticker(self);
    gtk_button_set_label(GTK_BUTTON(self->save),
                         several ? _("_Save Stickers…") : _("_Save Sticker…"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->preview), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   several ? _("The stickers, on a page") : _("The sticker"), -1);
    setting_list_show(self->rows, work_of(self)->settings);
    show_progress(self);
    gtk_label_set_text(self->outcome, outcome != NULL ? outcome : "");
    gtk_widget_set_visible(GTK_WIDGET(self->outcome), outcome != NULL);
}

// "Glossy" of "glossy".
static void list_styles(TinctureStickerPage *self)
{
    TinctureStickerWork *work = work_of(self);
    g_autoptr(GtkStringList) titles = gtk_string_list_new(NULL);
    guint selected = 0;
    tincture_sticker_work_list_styles(work);
    gtk_string_list_append(titles, C_("style", "None"));
    for (guint i = 0; i < work->styles->len; i++) {
        const struct sticker_style *s = work->styles->pdata[i];
        char *title = g_strdup(s->name);
        *title = g_ascii_toupper(*title);
        gtk_string_list_take(titles, title);
        selected = g_strcmp0(s->path, work->style) == 0 ? i + 1 : selected;
    }
    self->listing = TRUE;
    adw_combo_row_set_model(self->style, G_LIST_MODEL(titles));
    adw_combo_row_set_selected(self->style, selected);
    self->listing = FALSE;
    gtk_widget_set_visible(
        gtk_widget_get_ancestor(GTK_WIDGET(self->style), ADW_TYPE_PREFERENCES_GROUP),
        work->styles->len > 0);
}

void tincture_sticker_page_show(TinctureStickerPage *self)
{
    list_styles(self);
    changed_cb(self);
    gtk_widget_grab_focus(GTK_WIDGET(self->prompt));
}

// ---- life ---------------------------------------------------------------------------------------

static void tincture_sticker_page_dispose(GObject *object)
{
    TinctureStickerPage *self = TINCTURE_STICKER_PAGE(object);
    g_clear_object(&self->session);
    g_clear_pointer(&self->rows, setting_list_free);
    g_clear_pointer(&self->shown, g_bytes_unref);
    G_OBJECT_CLASS(tincture_sticker_page_parent_class)->dispose(object);
}

static void tincture_sticker_page_class_init(TinctureStickerPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_sticker_page_dispose;
    g_type_ensure(TINCTURE_TYPE_CHECKERED);
    g_type_ensure(TINCTURE_TYPE_PROMPT_VIEW);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/sticker_page.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, prompt);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, style);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, looks);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, preview);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, nothing);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, draw);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, cut);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, save);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, stop);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, progress_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, progress_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, progress);
    gtk_widget_class_bind_template_child(widget_class, TinctureStickerPage, outcome);
    gtk_widget_class_bind_template_callback(widget_class, draw_cb);
    gtk_widget_class_bind_template_callback(widget_class, style_cb);
    gtk_widget_class_bind_template_callback(widget_class, cut_cb);
    gtk_widget_class_bind_template_callback(widget_class, save_cb);
}

static void tincture_sticker_page_init(TinctureStickerPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    self->rows = setting_list_new(self->looks, NULL, "sticker", set_cb, self);
}

void tincture_sticker_page_set_session(TinctureStickerPage *self, TinctureSession *session)
{
    self->session = g_object_ref(session);
    g_signal_connect_object(session->sticker, "changed", G_CALLBACK(changed_cb), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(session->queue, "changed", G_CALLBACK(show_progress), self,
                            G_CONNECT_SWAPPED);
}
