// The verbs of the pages of subjects and styles.
#include "ui/window_private.h"

#include "compute/i18n.h"

static TinctureSubjectWork *find_work(TinctureWindow *self, const char *name)
{
    TinctureSubjectWork *const all[] = {self->session->subject, self->session->style};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        if (g_strcmp0(name, all[i]->lesson->name) == 0) {
            return all[i];
        }
    }
    return NULL;
}

TinctureSubjectWork *tincture_window_get_lesson(TinctureWindow *self)
{
    return find_work(self, self->aside);
}

static TinctureSubjectWork *work_of(GtkWidget *widget)
{
    return tincture_window_get_lesson(TINCTURE_WINDOW(widget));
}

// Until something newer is said it can be put back, whatever is done meanwhile.
static void tell_removed(GtkWidget *widget, const char *what, gint64 number)
{
    g_autofree char *text = g_strdup_printf(_("Left out %s"), what);
    g_autofree char *undo =
        g_strdup_printf("win.subject-put-back(('%s', int64 %" G_GINT64_FORMAT "))",
                        work_of(widget)->lesson->name, number);
    tincture_window_toast(TINCTURE_WINDOW(widget), text, _("Undo"), undo);
}

static void leave_out_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureSubjectWork *work = work_of(widget);
    guint subject, photo;
    g_variant_get(target, "(uu)", &subject, &photo);
    const struct subject_shot *shot = subject_draft_at(&work->draft, subject)->shots->pdata[photo];
    g_autofree char *file = g_filename_display_basename(shot->path);
    tell_removed(widget, file, tincture_subject_work_remove(work, subject, photo));
}

static void remove_action(GtkWidget *widget, const char *name, GVariant *target)
{
    TinctureSubjectWork *work = work_of(widget);
    const guint subject = g_variant_get_uint32(target);
    const struct subject_entry *entry = subject_draft_at(&work->draft, subject);
    g_autofree char *what =
        work->lesson->tokens
            ? g_strdup_printf("%s %s", entry->word,
                              *entry->kind != '\0' ? entry->kind : _("subject"))
            : g_strdup_printf(P_("%u photo", "%u photos", entry->shots->len), entry->shots->len);
    tell_removed(widget, what, tincture_subject_work_remove_subject(work, subject));
}

static void put_back_action(GtkWidget *widget, const char *name, GVariant *target)
{
    const char *lesson;
    gint64 number;
    g_variant_get(target, "(&sx)", &lesson, &number);
    tincture_subject_work_put_back(find_work(TINCTURE_WINDOW(widget), lesson), number);
}

static void photo_action(GtkWidget *widget, const char *name, GVariant *target)
{
    guint subject, photo;
    g_variant_get(target, "(uu)", &subject, &photo);
    tincture_subject_photo_open(TINCTURE_WINDOW(widget)->session->subject_photo, subject, photo);
}

void tincture_window_show_subject_photo(TinctureWindow *self)
{
    if (g_strcmp0(self->aside, "subject") == 0) { // else somebody has gone elsewhere meanwhile
        tincture_window_show_aside(self, "subject-photo");
    }
}

void tincture_window_install_subject(GtkWidgetClass *widget_class)
{
    gtk_widget_class_install_action(widget_class, "win.subject-leave-out", "(uu)",
                                    leave_out_action);
    gtk_widget_class_install_action(widget_class, "win.subject-photo", "(uu)", photo_action);
    gtk_widget_class_install_action(widget_class, "win.subject-remove", "u", remove_action);
    gtk_widget_class_install_action(widget_class, "win.subject-put-back", "(sx)", put_back_action);
}
