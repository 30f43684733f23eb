// Learning the photo: method and its settings, the button, and while it runs the progress, the loss
// and samples.
#include "compute/i18n.h"
#include "ui/panels/panel.h"
#include "ui/widgets/loss_plot.h"
#include "ui/widgets/sample_strip.h"
#include "ui/widgets/setting_list.h"

#define TINCTURE_TYPE_LEARN_PANEL (tincture_learn_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureLearnPanel, tincture_learn_panel, TINCTURE, LEARN_PANEL, TincturePanel)

struct _TinctureLearnPanel {
    TincturePanel parent_instance;

    // template widgets
    AdwPreferencesGroup *rows;
    AdwExpanderRow *expert;
    GtkWidget *start, *stop, *resume_box, *training_box;
    GtkExpander *training;
    GtkLabel *resume_text, *other_text, *redrawn;
    TinctureLossPlot *plot;
    TinctureSampleStrip *samples;

    // owned
    struct setting_list *settings;

    // state
    gboolean learning;
};

G_DEFINE_FINAL_TYPE(TinctureLearnPanel, tincture_learn_panel, TINCTURE_TYPE_PANEL)

static TinctureProject *project_of(TinctureLearnPanel *self)
{
    return tincture_panel_get_project(TINCTURE_PANEL(self));
}

static void setting_changed(const char *key, double value, gpointer data)
{
    tincture_project_set(project_of(data), SETTINGS_LEARN, key, value);
}

// Learning is the next thing to do until the photo has been learnt.
static void show_next_step(TinctureLearnPanel *self)
{
    if (tincture_project_n_adapters(project_of(self)) == 0) {
        gtk_widget_add_css_class(self->start, "suggested-action");
    } else {
        gtk_widget_remove_css_class(self->start, "suggested-action");
    }
}

// ---- progress -----------------------------------------------------------------------------------

// The loss alone does not say when to stop.
static void show_redrawn(TinctureLearnPanel *self, const TinctureProject *project)
{
    g_autofree char *text =
        g_strdup_printf(_("Draws the photo again at %.1f dB; best %.1f dB, at step %d"),
                        project->redrawn, project->redrawn_best, project->best_step);
    gtk_label_set_text(self->redrawn, text);
    gtk_widget_set_visible(GTK_WIDGET(self->redrawn), project->best_step > 0);
}

static void show_training(TinctureLearnPanel *self, const TinctureProject *project)
{
    const double *loss = (const double *)(void *)project->loss->data;
    int n = (int)project->loss->len;
    gtk_widget_set_visible(self->training_box, n > 0);
    tincture_loss_plot_set(self->plot, loss, n,
                           self->learning ? settings_int(project->document.learn, "steps") : n);
    tincture_sample_strip_show(self->samples, project->samples);
    show_redrawn(self, project);
    gtk_widget_set_visible(GTK_WIDGET(self->samples), project->samples->len > 0);
}

// A training that was stopped under a model that is not at hand; NULL: none.
static void show_other_model(TinctureLearnPanel *self, const char *model)
{
    const TinctureProject *project = project_of(self);
    gtk_widget_set_visible(GTK_WIDGET(self->other_text), model != NULL);
    if (model != NULL) {
        g_autofree char *text = g_strdup_printf(
            _("A training with %s stopped after %d of %d steps; it goes on once that is chosen "
              "again"),
            model, project->resume_step, project->resume_steps);
        gtk_label_set_text(self->other_text, text);
    }
}

static void job_changed(TincturePanel *panel)
{
    TinctureLearnPanel *self = TINCTURE_LEARN_PANEL(panel);
    const TinctureProject *project = tincture_panel_get_project(panel);
    const TinctureJob *job =
        tincture_queue_find(tincture_panel_get_session(panel)->queue, project, &learn_job);
    gboolean learning = job != NULL;
    gboolean can_resume = !learning && project->can_resume;

    gtk_widget_set_visible(self->stop, learning);
    gtk_widget_set_visible(self->start, !learning && !can_resume);
    gtk_widget_set_visible(self->resume_box, can_resume);
    gtk_widget_set_sensitive(GTK_WIDGET(self->rows), !learning);
    gtk_widget_set_sensitive(GTK_WIDGET(self->expert), !learning);
    if (can_resume) {
        g_autofree char *text = g_strdup_printf(_("Stopped after %d of %d steps"),
                                                project->resume_step, project->resume_steps);
        gtk_label_set_text(self->resume_text, text);
    }
    show_other_model(self, learning ? NULL : project->resume_model);
    if (learning != self->learning) {
        // Open while there is something to follow; afterwards editing has the room.
        gtk_expander_set_expanded(self->training, learning);
        self->learning = learning;
        show_training(self, project);
    }
}

static void document_changed(TincturePanel *panel, guint parts)
{
    TinctureLearnPanel *self = TINCTURE_LEARN_PANEL(panel);
    if (parts & (DOCUMENT_PARAMS | DOCUMENT_PHOTO)) {
        setting_list_show(self->settings, project_of(self)->document.learn);
    }
    if (parts & (DOCUMENT_ADAPTERS | DOCUMENT_PHOTO)) {
        show_next_step(self);
    }
    if (parts & (DOCUMENT_TRAINING | DOCUMENT_PHOTO)) {
        job_changed(panel);
        show_training(self, tincture_panel_get_project(panel));
    }
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_learn_panel_dispose(GObject *object)
{
    g_clear_pointer(&TINCTURE_LEARN_PANEL(object)->settings, setting_list_free);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_LEARN_PANEL);
    G_OBJECT_CLASS(tincture_learn_panel_parent_class)->dispose(object);
}

static void tincture_learn_panel_class_init(TinctureLearnPanelClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    TincturePanelClass *panel_class = TINCTURE_PANEL_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_learn_panel_dispose;
    panel_class->document_changed = document_changed;
    panel_class->job_changed = job_changed;
    g_type_ensure(TINCTURE_TYPE_LOSS_PLOT);
    g_type_ensure(TINCTURE_TYPE_SAMPLE_STRIP);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/tincture/Tincture/ui/learn_panel.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, rows);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, expert);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, start);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, resume_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, resume_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, other_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, stop);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, training_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, training);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, plot);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, samples);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, redrawn);
}

static void tincture_learn_panel_init(TinctureLearnPanel *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    self->settings = setting_list_new(self->rows, self->expert, "learn", setting_changed, self);
}

const struct panel learn_panel = {
    .id = "learn",
    .title = N_("Learn"),
    .side = PANEL_INSPECTOR,
    .get_type = tincture_learn_panel_get_type,
};
