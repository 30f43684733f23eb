#include "ui/core/variations.h"

enum { PROP_STATE = 1, N_PROPS };
static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE(TinctureVariation, tincture_variation, G_TYPE_OBJECT)

static void tincture_variation_get_property(GObject *object, guint id, GValue *value,
                                            GParamSpec *pspec)
{
    const TinctureVariation *self = TINCTURE_VARIATION(object);
    g_value_set_int(value, self->failed ? -1 : self->starred ? 2 : self->result ? 1 : 0);
}

static void tincture_variation_finalize(GObject *object)
{
    TinctureVariation *self = TINCTURE_VARIATION(object);
    g_free(self->key);
    result_unref(self->result);
    picture_clear(&self->view);
    picture_clear(&self->thumb);
    G_OBJECT_CLASS(tincture_variation_parent_class)->finalize(object);
}

static void tincture_variation_class_init(TinctureVariationClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);
    object_class->finalize = tincture_variation_finalize;
    object_class->get_property = tincture_variation_get_property;
    // Failed, waiting, drawn, starred.
    properties[PROP_STATE] =
        g_param_spec_int("state", NULL, NULL, -1, 2, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object_class, N_PROPS, properties);
}

static void tincture_variation_init(TinctureVariation *self)
{
}

// ---- drawing ------------------------------------------------------------------------------------

static TinctureVariation *variation_at(struct variations *v, guint i)
{
    g_autoptr(TinctureVariation) item = g_list_model_get_item(G_LIST_MODEL(v->list), i);
    return item; // the list keeps it
}

// Behind those that are shown, so that asking again brings others.
static uint64_t first_seed(struct variations *v, uint64_t seed)
{
    const guint n = g_list_model_get_n_items(G_LIST_MODEL(v->list));
    const uint64_t last = n ? variation_at(v, n - 1)->seed : seed;
    return last - seed <= G_MAXUINT16 ? last + 1 : seed + 1;
}

static void submit(struct variations *v, struct document *d, GArray *uses)
{
    const struct job_inputs in = {.photo = v->project->photo, .document = d, .adapters = uses};
    TinctureVariation *item = g_object_new(TINCTURE_TYPE_VARIATION, NULL);
    item->seed = d->seed;
    item->key = document_picture_key(d);
    g_list_store_append(v->list, item);
    g_object_unref(item);
    tincture_queue_submit(v->queue, v->project, tincture_job_new(&variation_job, &in));
}

void variations_begin(struct variations *v, int n)
{
    if (!v->project->photo || library_is_busy(v->library)) {
        return;
    }
    struct document d;
    g_autoptr(GArray) uses = tincture_project_uses(v->project);
    live_document(v->live, &d);
    d.seed = first_seed(v, d.seed);
    edit_settings_vary(d.edit);
    variations_clear(v);
    v->key = document_picture_key(&v->project->document);
    for (int i = 0; i < n; i++, d.seed++) {
        submit(v, &d, uses);
    }
    document_clear(&d);
}

void variations_clear(struct variations *v)
{
    tincture_queue_cancel(v->queue, v->project, &variation_job);
    g_list_store_remove_all(v->list);
    g_clear_pointer(&v->key, g_free);
}

// The one that this job was begun for: those of an earlier request find none.
static TinctureVariation *variation_of(struct variations *v, const TinctureJob *job)
{
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(v->list)); i++) {
        TinctureVariation *item = variation_at(v, i);
        if (item->seed == job->in.document->seed && !item->result) {
            return item;
        }
    }
    return NULL;
}

void variations_drawn(struct variations *v, TinctureJob *job)
{
    TinctureVariation *item = job->in.photo == v->project->photo ? variation_of(v, job) : NULL;
    if (!item) {
        return;
    }
    item->failed = job->error != NULL;
    if (!job->error) {
        item->result = result_ref(job->out.result);
        item->view = picture_take(&job->out.view);
        item->thumb = picture_take(&job->out.thumb);
    }
    g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_STATE]);
}

// ---- choosing -----------------------------------------------------------------------------------

void variations_take(struct variations *v, guint i)
{
    g_autoptr(TinctureVariation) item = g_list_model_get_item(G_LIST_MODEL(v->list), i);
    if (item && item->result) {
        live_take(v->live, item->result, &item->view, &item->thumb);
    }
}

void variations_star(struct variations *v, guint i, bool starred)
{
    TinctureVariation *item = variation_at(v, i);
    if (item && item->result) {
        library_keep(v->library, item->result, &item->thumb);
        const TinctureResultEntry *row = tincture_project_result_of(v->project, item->key);
        library_star(v->library, row ? row->id : 0, starred);
    }
}

// The rows have the stars.
static void show_stars(struct variations *v)
{
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(v->list)); i++) {
        TinctureVariation *item = variation_at(v, i);
        const TinctureResultEntry *row = tincture_project_result_of(v->project, item->key);
        const bool starred = row && row->starred;
        if (item->starred != starred) {
            item->starred = starred;
            g_object_notify_by_pspec(G_OBJECT(item), properties[PROP_STATE]);
        }
    }
}

// ---- life ---------------------------------------------------------------------------------------

// The document is what they were asked of, or one of them that was taken.
static bool belong(struct variations *v)
{
    g_autofree char *key = document_picture_key(&v->project->document);
    bool found = g_str_equal(key, v->key);
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(v->list)); i++) {
        found = found || g_str_equal(key, variation_at(v, i)->key);
    }
    return found;
}

static void document_changed_cb(struct variations *v, guint parts)
{
    const guint asked = DOCUMENT_PROMPTS | DOCUMENT_PARAMS | DOCUMENT_ADAPTERS | DOCUMENT_PLACE;
    if (v->key && ((parts & DOCUMENT_PHOTO) || ((parts & asked) && !belong(v)))) {
        variations_clear(v);
    }
    if (parts & DOCUMENT_RESULTS) {
        show_stars(v);
    }
}

struct variations *variations_new(TinctureProject *project, TinctureQueue *queue,
                                  struct library *library, struct live *live)
{
    struct variations *v = g_new0(struct variations, 1);
    v->project = project;
    v->queue = queue;
    v->library = library;
    v->live = live;
    v->list = g_list_store_new(TINCTURE_TYPE_VARIATION);
    g_signal_connect_swapped(project, "document-changed", G_CALLBACK(document_changed_cb), v);
    return v;
}

void variations_free(struct variations *v)
{
    g_signal_handlers_disconnect_by_data(v->project, v);
    g_object_unref(v->list);
    g_free(v->key);
    g_free(v);
}
