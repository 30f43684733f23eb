// What a script can ask: one function a fact.
#include "tests/ui/drive/drive_private.h"

#include "ui/window_private.h"

#include <math.h>
#include <string.h>

static char *number(double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    return g_strdup(g_ascii_formatd(text, sizeof text, "%.6g", value));
}

static char *yes_no(gboolean value)
{
    return g_strdup(value ? "yes" : "no");
}

static char *text_or_none(const char *text)
{
    return g_strdup(text != NULL && *text != '\0' ? text : "none");
}

// What the tools work on: the open photo, or one of a subject.
static const TinctureProject *seen(struct drive *d)
{
    return tincture_window_get_project(d->window);
}

static char *photo(struct drive *d)
{
    if (d->project->photo == NULL) {
        return g_strdup("none");
    }
    const struct image *full = d->project->photo->full;
    return g_strdup_printf("%dx%d", full->width, full->height);
}

static char *job(struct drive *d)
{
    const TinctureJob *shown = tincture_queue_shown(d->session->queue, NULL);
    return g_strdup(shown != NULL ? shown->type->member.name : "none");
}

static char *view(struct drive *d)
{
    struct picture shown = tincture_project_view(d->project);
    return g_strdup(shown.rgba == NULL                      ? "none"
                    : d->project->drawing                   ? "preview"
                    : shown.rgba == d->project->before.rgba ? "photo"
                                                            : "result");
}

static char *title(struct drive *d)
{
    return text_or_none(d->project->title);
}

static char *source(struct drive *d)
{
    return text_or_none(seen(d)->document.source_prompt);
}

static char *prompt(struct drive *d)
{
    return text_or_none(d->project->document.prompt);
}

static char *negative(struct drive *d)
{
    return text_or_none(d->project->document.negative);
}

static char *seed(struct drive *d)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)d->project->document.seed);
}

static char *device(struct drive *d)
{
    return text_or_none(d->session->studio->device);
}

static char *model(struct drive *d)
{
    return text_or_none(d->session->studio->model);
}

static char *message(struct drive *d)
{
    return text_or_none(d->message);
}

static char *adapters(struct drive *d)
{
    return number(tincture_project_n_adapters(d->project));
}

static char *results(struct drive *d)
{
    return number(tincture_project_n_results(d->project));
}

static char *samples(struct drive *d)
{
    return number(d->project->samples->len);
}

static char *loss_steps(struct drive *d)
{
    return number(d->project->loss->len);
}

static char *photos_of(TinctureSubjectWork *work)
{
    guint n = 0;
    for (guint i = 0; i < work->draft.subjects->len; i++) {
        const GPtrArray *shots = subject_draft_at(&work->draft, i)->shots;
        for (guint k = 0; k < shots->len; k++) {
            n += tincture_subject_work_view(work, shots->pdata[k]) != NULL;
        }
    }
    return number(n);
}

static char *samples_of(TinctureSubjectWork *work)
{
    const GPtrArray *strips = work->strips;
    guint n = 0;
    for (guint i = 0; i < strips->len; i++) {
        n += ((const struct subject_strip *)strips->pdata[i])->samples->len;
    }
    return number(n);
}

static char *subject_photos(struct drive *d)
{
    return photos_of(d->session->subject);
}

static char *subject_steps(struct drive *d)
{
    return number(d->session->subject->run.loss->len);
}

static char *subject_samples(struct drive *d)
{
    return samples_of(d->session->subject);
}

static char *style_photos(struct drive *d)
{
    return photos_of(d->session->style);
}

static char *style_steps(struct drive *d)
{
    return number(d->session->style->run.loss->len);
}

static char *style_samples(struct drive *d)
{
    return samples_of(d->session->style);
}

static char *can_undo(struct drive *d)
{
    return yes_no(history_can_undo(seen(d)->history));
}

static char *can_redo(struct drive *d)
{
    return yes_no(history_can_redo(seen(d)->history));
}

static char *can_resume(struct drive *d)
{
    return yes_no(d->project->can_resume);
}

static char *resume_step(struct drive *d)
{
    return number(d->project->resume_step);
}

static char *compare(struct drive *d)
{
    return yes_no(tincture_canvas_get_compare(tincture_window_get_canvas(d->window)));
}

static char *tool(struct drive *d)
{
    return g_strdup(
        canvas_tools[tincture_canvas_get_tool(tincture_window_get_canvas(d->window))].name);
}

static char *erase(struct drive *d)
{
    gboolean erase;
    g_object_get(tincture_window_get_canvas(d->window), "erase", &erase, NULL);
    return yes_no(erase);
}

// Whether the mask lies over the picture.
static char *overlay(struct drive *d)
{
    gboolean show, peek;
    g_object_get(tincture_window_get_canvas(d->window), "show-mask", &show, "peek-mask", &peek,
                 NULL);
    return yes_no(show || peek);
}

static char *frame_rate(struct drive *d)
{
    const double seconds = (double)(d->drag.last_us - d->drag.first_us) / G_USEC_PER_SEC;
    return number(seconds > 0 ? (d->drag.work->len - 1) / seconds : 0);
}

static int by_size(gconstpointer a, gconstpointer b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Milliseconds of the main thread's own time that all but a twentieth of the frames took at most.
static char *frame_work(struct drive *d)
{
    GArray *work = d->drag.work;
    g_array_sort(work, by_size);
    return number(work->len > 0 ? g_array_index(work, double, work->len * 19 / 20) : 0);
}

// The longest.
static char *frame_most(struct drive *d)
{
    GArray *work = d->drag.work;
    g_array_sort(work, by_size);
    return number(work->len > 0 ? g_array_index(work, double, work->len - 1) : 0);
}

static char *answer_work(struct drive *d)
{
    return number(d->answer.work);
}

static char *answer_took(struct drive *d)
{
    return number(d->answer.took);
}

static char *coverage(struct drive *d)
{
    TincturePainting *painting = tincture_window_get_painting(d->window);
    return tincture_painting_is_busy(painting)
               ? g_strdup("busy")
               : number(round(tincture_painting_coverage(painting) * 1000) / 10);
}

static char *mask_steps_fact(struct drive *d)
{
    return number(mask_steps(seen(d)->document.mask));
}

static char *region(struct drive *d)
{
    const struct image_region *r = &seen(d)->document.region;
    return r->width == 0 ? g_strdup("none")
                         : g_strdup_printf("%dx%d+%d+%d", r->width, r->height, r->x, r->y);
}

static char *variations(struct drive *d)
{
    GListModel *list = G_LIST_MODEL(d->session->variations->list);
    int drawn = 0;
    for (guint i = 0; i < g_list_model_get_n_items(list); i++) {
        g_autoptr(TinctureVariation) item = g_list_model_get_item(list, i);
        drawn += item->result != NULL;
    }
    return number(drawn);
}

static char *split(struct drive *d)
{
    return number(tincture_canvas_get_split(tincture_window_get_canvas(d->window)));
}

static char *zoom(struct drive *d)
{
    return number(tincture_canvas_get_zoom(tincture_window_get_canvas(d->window)));
}

static char *canvas_width(struct drive *d)
{
    return number(gtk_widget_get_width(GTK_WIDGET(tincture_window_get_canvas(d->window))));
}

// The piece that is shown in the photo's own pixels: "width x height", and whether the result's is
// there too.
static char *closeup(struct drive *d)
{
    const struct closeup *closeup = &d->project->closeup;
    return closeup->before.rgba == NULL
               ? g_strdup("none")
               : g_strdup_printf("%dx%d %s", closeup->before.width, closeup->before.height,
                                 closeup->after.rgba != NULL ? "both" : "photo");
}

TinctureWindow *drive_window(struct drive *d, guint n)
{
    const GPtrArray *sessions = d->session->studio->sessions;
    GListModel *windows = gtk_window_get_toplevels();
    for (guint i = 0; n > 0 && i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWidget) window = g_list_model_get_item(windows, i);
        if (n <= sessions->len && TINCTURE_IS_WINDOW(window) &&
            tincture_window_get_session(TINCTURE_WINDOW(window)) == sessions->pdata[n - 1]) {
            return TINCTURE_WINDOW(window);
        }
    }
    return NULL;
}

// How many windows the program has.
static char *windows(struct drive *d)
{
    return g_strdup_printf("%u", d->session->studio->sessions->len);
}

GtkWidget *drive_other_window(struct drive *d)
{
    GListModel *windows = gtk_window_get_toplevels();
    for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWidget) window = g_list_model_get_item(windows, i);
        if (!TINCTURE_IS_WINDOW(window) && gtk_widget_get_visible(window)) {
            return window;
        }
    }
    return NULL;
}

static char *dialog(struct drive *d)
{
    GtkWidget *window = drive_other_window(d);
    return g_strdup(window != NULL ? G_OBJECT_TYPE_NAME(window) : "none");
}

// The kind of control that has the keyboard there, once the keyboard is there.
static char *dialog_focus(struct drive *d)
{
    GtkWidget *window = drive_other_window(d);
    GtkWidget *focus = window != NULL && gtk_window_is_active(GTK_WINDOW(window))
                           ? gtk_window_get_focus(GTK_WINDOW(window))
                           : NULL;
    return g_strdup(focus != NULL ? G_OBJECT_TYPE_NAME(focus) : "none");
}

// What a dialog says.
static char *dialog_text(struct drive *d)
{
    GtkWidget *window = drive_other_window(d);
    return g_strdup(ADW_IS_MESSAGE_DIALOG(window)
                        ? adw_message_dialog_get_body(ADW_MESSAGE_DIALOG(window))
                        : "none");
}

// What the choices in the window beside this one offer: of each choice all, one after the other.
static char *dialog_choices(struct drive *d)
{
    GtkWidget *window = drive_other_window(d);
    return window != NULL ? drive_widget_choices(window) : g_strdup("none");
}

// Whether a menu is open.
static char *menu(struct drive *d)
{
    return yes_no(drive_widget_has_menu(GTK_WIDGET(d->window)));
}

// Whether a message waits to be closed.
static char *waits(struct drive *d)
{
    return yes_no(tincture_window_get_message(d->window) != NULL);
}

// That message, once it is seen.
static char *waiting(struct drive *d)
{
    const gboolean seen_now = d->window->message_of != NULL;
    return text_or_none(seen_now ? tincture_window_get_message(d->window) : NULL);
}

static char *toast_shown(struct drive *d)
{
    g_autofree char *text = drive_widget_toast(GTK_WIDGET(d->window));
    return text_or_none(text);
}

static char *focus(struct drive *d)
{
    return drive_widget_focus(GTK_WIDGET(d->window));
}

// A setting as files have it: "0.5", "ddim".
static char *setting(const struct settings *settings, const char *key)
{
    return settings_find(settings, key, NULL) != NULL ? settings_print(settings, key) : NULL;
}

static const struct {
    const char *name;
    char *(*get)(struct drive *d);
} facts[] = {
    {"photo", photo},
    {"title", title},
    {"job", job},
    {"view", view},
    {"source", source},
    {"prompt", prompt},
    {"negative", negative},
    {"seed", seed},
    {"device", device},
    {"model", model},
    {"message", message},
    {"toast-text", waiting},
    {"adapters", adapters},
    {"results", results},
    {"samples", samples},
    {"loss-steps", loss_steps},
    {"subject-photos", subject_photos},
    {"subject-steps", subject_steps},
    {"subject-samples", subject_samples},
    {"style-photos", style_photos},
    {"style-steps", style_steps},
    {"style-samples", style_samples},
    {"can-undo", can_undo},
    {"can-redo", can_redo},
    {"can-resume", can_resume},
    {"resume-step", resume_step},
    {"compare", compare},
    {"tool", tool},
    {"erase", erase},
    {"overlay", overlay},
    {"frame-rate", frame_rate},
    {"frame-work", frame_work},
    {"frame-most", frame_most},
    {"answer-work", answer_work},
    {"answer-took", answer_took},
    {"coverage", coverage},
    {"mask-steps", mask_steps_fact},
    {"region", region},
    {"variations", variations},
    {"split", split},
    {"zoom", zoom},
    {"canvas-width", canvas_width},
    {"closeup", closeup},
    {"windows", windows},
    {"dialog", dialog},
    {"dialog-focus", dialog_focus},
    {"dialog-text", dialog_text},
    {"dialog-choices", dialog_choices},
    {"menu", menu},
    {"toast", waits},
    {"toast-shown", toast_shown},
    {"focus", focus},
};

// "adapter.N.FIELD", N from 0.
static char *adapter_fact(struct drive *d, const char *rest)
{
    char *field = NULL;
    guint64 n = g_ascii_strtoull(rest, &field, 10);
    const TinctureAdapterEntry *a = tincture_project_adapter(d->project, (guint)n);
    if (a == NULL || *field++ != '.') {
        return NULL;
    }
    return g_str_equal(field, "name")      ? g_strdup(a->name)
           : g_str_equal(field, "method")  ? g_strdup(a->method)
           : g_str_equal(field, "scale")   ? number(a->scale)
           : g_str_equal(field, "enabled") ? yes_no(a->enabled)
           : g_str_equal(field, "from")    ? number(a->from)
           : g_str_equal(field, "to")      ? number(a->to)
           : g_str_equal(field, "applied") ? number(a->applied)
           : g_str_equal(field, "total")   ? number(a->total)
                                           : NULL;
}

// "result.N.FIELD", N from 0, newest first.
static char *result_fact(struct drive *d, const char *rest)
{
    char *field = NULL;
    guint64 n = g_ascii_strtoull(rest, &field, 10);
    const TinctureResultEntry *result = tincture_project_result(d->project, (guint)n);
    if (result == NULL) {
        return NULL;
    }
    return g_str_equal(field, ".prompt")    ? g_strdup(result->prompt)
           : g_str_equal(field, ".starred") ? yes_no(result->starred)
                                            : NULL;
}

char *drive_fact(struct drive *drive, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
        if (g_str_equal(facts[i].name, name)) {
            return facts[i].get(drive);
        }
    }
    if (g_str_has_prefix(name, "param.")) {
        return setting(drive->project->document.edit, name + strlen("param."));
    }
    if (g_str_has_prefix(name, "learn.")) {
        return setting(drive->project->document.learn, name + strlen("learn."));
    }
    if (g_str_has_prefix(name, "adapter.")) {
        return adapter_fact(drive, name + strlen("adapter."));
    }
    if (g_str_has_prefix(name, "result.")) {
        return result_fact(drive, name + strlen("result."));
    }
    if (g_str_has_prefix(name, "inside.")) {
        return yes_no(drive_widget_is_inside(GTK_WIDGET(drive->window), name + strlen("inside.")));
    }
    if (g_str_has_prefix(name, "sensitive.")) {
        return yes_no(
            drive_widget_is_sensitive(GTK_WIDGET(drive->window), name + strlen("sensitive.")));
    }
    if (g_str_has_prefix(name, "rows.")) {
        return drive_widget_rows(GTK_WIDGET(drive->window), name + strlen("rows."));
    }
    if (g_str_has_prefix(name, "widget.")) {
        return drive_widget_get(GTK_WIDGET(drive->window), name + strlen("widget."));
    }
    return NULL;
}

gboolean drive_compare(const char *fact, const char *expectation)
{
    g_auto(GStrv) words = g_strsplit(expectation, " ", 2);
    if (words[0] != NULL && words[1] != NULL) {
        double left = g_ascii_strtod(fact, NULL), right = g_ascii_strtod(words[1], NULL);
        if (g_str_equal(words[0], ">=")) {
            return left >= right;
        }
        if (g_str_equal(words[0], "<=")) {
            return left <= right;
        }
        if (g_str_equal(words[0], "==")) {
            return g_str_equal(fact, words[1]);
        }
        if (g_str_equal(words[0], "!=")) {
            return !g_str_equal(fact, words[1]);
        }
        if (g_str_equal(words[0], "contains")) {
            return strstr(fact, words[1]) != NULL;
        }
    }
    return g_str_equal(fact, expectation);
}
