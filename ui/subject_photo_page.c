#include "ui/subject_photo_page.h"

#include "compute/i18n.h"
#include "ui/panels/panel.h"

struct _TinctureSubjectPhotoPage {
    AdwBin parent_instance;

    // template widgets
    TinctureStage *stage;
    GtkBox *panels;
    GtkLabel *hint;

    TinctureSession *session; // owned
};

G_DEFINE_FINAL_TYPE(TinctureSubjectPhotoPage, tincture_subject_photo_page, ADW_TYPE_BIN)

TinctureStage *tincture_subject_photo_page_get_stage(TinctureSubjectPhotoPage *self)
{
    return self->stage;
}

void tincture_subject_photo_page_show(TinctureSubjectPhotoPage *self)
{
    const TinctureSubjectPhoto *photo = self->session->subject_photo;
    g_autofree char *sentence =
        tincture_subject_work_sentence(self->session->subject, photo->subject);
    g_autofree char *text = g_strdup_printf(
        _("Frame what counts of the photo, and mask where the subject is: its surroundings are not "
          "learned then. The sentence names the subject and what else is there; without one it is "
          "“%s”."),
        sentence);
    gtk_label_set_text(self->hint, text);
    tincture_canvas_zoom_fit(tincture_stage_get_canvas(self->stage));
    gtk_widget_grab_focus(GTK_WIDGET(tincture_stage_get_canvas(self->stage)));
}

static void tincture_subject_photo_page_dispose(GObject *object)
{
    TinctureSubjectPhotoPage *self = TINCTURE_SUBJECT_PHOTO_PAGE(object);
    g_clear_object(&self->session);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_SUBJECT_PHOTO_PAGE);
    G_OBJECT_CLASS(tincture_subject_photo_page_parent_class)->dispose(object);
}

static void tincture_subject_photo_page_class_init(TinctureSubjectPhotoPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_subject_photo_page_dispose;
    g_type_ensure(TINCTURE_TYPE_STAGE);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/subject_photo_page.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPhotoPage, stage);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPhotoPage, panels);
    gtk_widget_class_bind_template_child(widget_class, TinctureSubjectPhotoPage, hint);
}

static void tincture_subject_photo_page_init(TinctureSubjectPhotoPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void tincture_subject_photo_page_set_session(TinctureSubjectPhotoPage *self,
                                             TinctureSession *session)
{
    static const char *const panels[] = {"describe", "where"};
    TincturePainting *painting = session->subject_photo->painting;
    self->session = g_object_ref(session);
    tincture_stage_set_session(self->stage, session, painting);
    for (gsize i = 0; i < G_N_ELEMENTS(panels); i++) {
        gtk_box_append(self->panels, tincture_panel_new(panel_find(panels[i]), session, painting));
    }
}
