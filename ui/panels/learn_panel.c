// Learning the photo: method and its settings, the button, and while it runs the progress, the loss
// and samples.
#include "ui/job_text.h"
#include "ui/panels/panel.h"
#include "ui/widgets/loss_plot.h"
#include "ui/widgets/param_row.h"
#include "ui/widgets/progress.h"
#include "ui/widgets/sample_strip.h"

#include <string.h>

#define TINCTURE_TYPE_LEARN_PANEL (tincture_learn_panel_get_type())
G_DECLARE_FINAL_TYPE(TinctureLearnPanel, tincture_learn_panel, TINCTURE, LEARN_PANEL, TincturePanel)

enum learn_row { ROW_STEPS, ROW_LR, ROW_SUBSET, ROW_TEXT_ENCODER, N_ROWS };

struct _TinctureLearnPanel {
    TincturePanel parent_instance;

    // template widgets
    AdwComboRow *method;
    AdwExpanderRow *options;
    GtkWidget *start, *resume_box, *progress_box, *training_box;
    GtkExpander *training;
    GtkLabel *resume_text, *progress_text;
    GtkProgressBar *progress;
    TinctureLossPlot *plot;
    TinctureSampleStrip *samples;

    // borrowed from the template's rows; those of a method without a "subset" parameter have no
    // such row
    TinctureParamRow *rows[N_ROWS];

    // state
    gboolean learning;
    const struct adapter_method *shown_method;
    struct param params[N_ROWS]; // what the rows describe; defaults depend on the method
};

G_DEFINE_FINAL_TYPE(TinctureLearnPanel, tincture_learn_panel, TINCTURE_TYPE_PANEL)

static TinctureProject *project_of(TinctureLearnPanel *self)
{
    return tincture_panel_get_project(TINCTURE_PANEL(self));
}

// ---- settings -----------------------------------------------------------------------------------

static void describe_params(TinctureLearnPanel *self, const struct adapter_method *method)
{
    const struct param *subset = param_find(method->params, "subset");
    self->params[ROW_STEPS] = (struct param){
        .key = "steps",
        .title = "Steps",
        .unit = "steps",
        .type = PARAM_INT,
        .help = "How long to learn. More steps follow the photo more closely.",
        .min = 1,
        .max = 100000,
        .slider_min = 10,
        .slider_max = 1000,
        .logarithmic = true,
        .def = method->default_steps,
    };
    self->params[ROW_LR] = (struct param){
        .key = "lr",
        .title = "Learning rate",
        .unit = "",
        .type = PARAM_FLOAT,
        .help = "How far each step goes. The default suits the method.",
        .min = 1e-8,
        .max = 10,
        .logarithmic = true,
        .def = method->default_lr,
        .slider_min = method->default_lr / 100,
        .slider_max = method->default_lr * 100,
    };
    self->params[ROW_SUBSET] = subset != NULL ? *subset : (struct param){0};
    self->params[ROW_TEXT_ENCODER] = (struct param){
        .key = "text_encoder",
        .title = "Learn words too",
        .unit = "",
        .type = PARAM_BOOL,
        .help = "Also changes the text encoder, so that the words of the description are learnt.",
        .max = 1,
    };
}

static void row_changed_cb(TinctureLearnPanel *self)
{
    struct learn_params params = project_of(self)->document.learn;
    double lr = tincture_param_row_get_value(self->rows[ROW_LR]);
    params.steps = (int)tincture_param_row_get_value(self->rows[ROW_STEPS]);
    params.lr = lr == self->params[ROW_LR].def ? 0 : lr;
    params.text_encoder = tincture_param_row_get_value(self->rows[ROW_TEXT_ENCODER]) != 0;
    if (self->rows[ROW_SUBSET] != NULL) {
        params.subset = (int)tincture_param_row_get_value(self->rows[ROW_SUBSET]);
    }
    tincture_project_set_learn_params(project_of(self), &params);
}

static void build_rows(TinctureLearnPanel *self, const struct adapter_method *method)
{
    for (int i = 0; i < N_ROWS; i++) {
        if (self->rows[i] != NULL) {
            adw_expander_row_remove(self->options, GTK_WIDGET(self->rows[i]));
            self->rows[i] = NULL;
        }
    }
    describe_params(self, method);
    for (int i = 0; i < N_ROWS; i++) {
        if (self->params[i].key != NULL) {
            GtkWidget *row = tincture_param_row_new(&self->params[i], "learn");
            g_signal_connect_object(row, "changed", G_CALLBACK(row_changed_cb), self,
                                    G_CONNECT_SWAPPED);
            adw_expander_row_add_row(self->options, row);
            self->rows[i] = TINCTURE_PARAM_ROW(row);
        }
    }
    self->shown_method = method;
}

static void method_changed_cb(TinctureLearnPanel *self)
{
    const struct adapter_method *method = adapter_table[adw_combo_row_get_selected(self->method)];
    struct learn_params params = project_of(self)->document.learn;
    const struct param *subset = param_find(method->params, "subset");
    if (tincture_panel_is_updating(TINCTURE_PANEL(self)) ||
        strcmp(params.method, method->name) == 0) {
        return;
    }
    g_strlcpy(params.method, method->name, sizeof params.method);
    params.steps = method->default_steps;
    params.lr = 0;
    params.subset = subset != NULL ? (int)subset->def : 0;
    tincture_project_set_learn_params(project_of(self), &params);
}

// A screen reader says what is chosen, too; the row's title alone is its name otherwise.
static void name_method(TinctureLearnPanel *self, const struct adapter_method *method)
{
    g_autofree char *name = g_strdup_printf("Method: %s", method->title);
    gtk_accessible_reset_relation(GTK_ACCESSIBLE(self->method),
                                  GTK_ACCESSIBLE_RELATION_LABELLED_BY);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->method), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   name, -1);
}

static void show_params(TinctureLearnPanel *self)
{
    const struct learn_params *params = &project_of(self)->document.learn;
    guint selected = 0;
    for (guint i = 0; adapter_table[i] != NULL; i++) {
        if (strcmp(adapter_table[i]->name, params->method) == 0) {
            selected = i;
        }
    }
    const struct adapter_method *method = adapter_table[selected];
    adw_combo_row_set_selected(self->method, selected);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(self->method), method->summary);
    name_method(self, method);
    if (method != self->shown_method) {
        build_rows(self, method);
    }
    tincture_param_row_set_value(self->rows[ROW_STEPS], params->steps);
    tincture_param_row_set_value(self->rows[ROW_LR],
                                 params->lr > 0 ? params->lr : method->default_lr);
    tincture_param_row_set_value(self->rows[ROW_TEXT_ENCODER], params->text_encoder);
    if (self->rows[ROW_SUBSET] != NULL) {
        tincture_param_row_set_value(self->rows[ROW_SUBSET], params->subset);
    }
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

static void show_progress(TinctureLearnPanel *self, const TinctureJob *job)
{
    g_autofree char *text = job_text_with_time(job);
    gtk_label_set_text(self->progress_text, text);
    progress_show(self->progress, job->fraction);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->progress),
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
}

static void show_training(TinctureLearnPanel *self, const TinctureProject *project)
{
    const double *loss = (const double *)(void *)project->loss->data;
    int n = (int)project->loss->len;
    gtk_widget_set_visible(self->training_box, n > 0);
    tincture_loss_plot_set(self->plot, loss, n, self->learning ? project->document.learn.steps : n);
    tincture_sample_strip_show(self->samples, project->samples);
    gtk_widget_set_visible(GTK_WIDGET(self->samples), project->samples->len > 0);
}

static void job_changed(TincturePanel *panel)
{
    TinctureLearnPanel *self = TINCTURE_LEARN_PANEL(panel);
    const TinctureProject *project = tincture_panel_get_project(panel);
    const TinctureJob *job =
        tincture_queue_find(tincture_session_queue(tincture_panel_get_session(panel)), &learn_job);
    gboolean learning = job != NULL;
    gboolean can_resume = !learning && project->can_resume;

    gtk_widget_set_visible(self->progress_box, learning);
    gtk_widget_set_visible(self->start, !learning && !can_resume);
    gtk_widget_set_visible(self->resume_box, can_resume);
    gtk_widget_set_sensitive(GTK_WIDGET(self->method), !learning);
    gtk_widget_set_sensitive(GTK_WIDGET(self->options), !learning);
    if (learning) {
        show_progress(self, job);
    } else {
        progress_stop(self->progress);
    }
    if (can_resume) {
        g_autofree char *text = g_strdup_printf("Stopped after %d of %d steps",
                                                project->resume_step, project->resume_steps);
        gtk_label_set_text(self->resume_text, text);
    }
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
        show_params(self);
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

static GtkStringList *method_titles(void)
{
    GtkStringList *titles = gtk_string_list_new(NULL);
    for (const struct adapter_method *const *m = adapter_table; *m != NULL; m++) {
        gtk_string_list_append(titles, (*m)->title);
    }
    return titles;
}

static void tincture_learn_panel_dispose(GObject *object)
{
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
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, method);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, options);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, start);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, resume_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, resume_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, progress_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, progress_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, progress);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, training_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, training);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, plot);
    gtk_widget_class_bind_template_child(widget_class, TinctureLearnPanel, samples);
}

static void tincture_learn_panel_init(TinctureLearnPanel *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    g_autoptr(GtkStringList) titles = method_titles();
    adw_combo_row_set_model(self->method, G_LIST_MODEL(titles));
    g_signal_connect_swapped(self->method, "notify::selected", G_CALLBACK(method_changed_cb), self);
}

const struct panel learn_panel = {
    .id = "learn",
    .title = "Learn",
    .side = PANEL_INSPECTOR,
    .get_type = tincture_learn_panel_get_type,
};
