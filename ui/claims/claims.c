#include "ui/claims/claims.h"

#include "compute/replace.h"
#include "ui/claims/claim_table.h"
#include "ui/claims/page.h"
#include "ui/claims/trial.h"
#include "ui/core/paths.h"

#include <string.h>

#define X(name) extern const struct claim name##_claim;
CLAIM_ROWS
#undef X
#define X(name) &name##_claim,
const struct claim *const claim_table[] = {CLAIM_ROWS NULL};
#undef X

const struct member *claim_family(int i)
{
    return claim_table[i] ? &claim_table[i]->member : NULL;
}

#define SECONDS "seconds" // of work, in a claim's finding

static const struct trial_size whole_size = {
    .seeds = 3, .steps = 80, .prompts = 4, .draw_steps = 12, .pictures = 8};
static const struct trial_size quick_size = {
    .seeds = 1, .steps = 1, .prompts = 1, .draw_steps = 1, .pictures = 1};

// A run over claims and seeds: each seed goes through all claims before the next one begins, so
// that a page that is not finished has something of each.
struct round {
    const struct claims_request *request;
    struct task *task;
    struct trial *trial;
    struct finding **findings; // seeds of each claim of the table
    int seeds;
    int claim;     // that goes on
    int done, all; // trials
    double left;   // seconds of the trials that are still to do, by their own say
    double worked; // of what this call has done, the same
    gint64 begin;
};

// ---- what there is already ----------------------------------------------------------------------

static struct finding **slot(const struct round *r, int claim, int seed)
{
    return &r->findings[claim * r->seeds + seed];
}

// Whether this call is to try it.
static bool is_wanted(const struct round *r, int claim)
{
    const struct claims_request *q = r->request;
    const struct claim *c = claim_table[claim];
    return q->only ? g_str_equal(q->only, c->name) : !q->quick || c->quick;
}

// What it takes, in a quick run likewise less.
static double cost_of(const struct round *r, int claim)
{
    return claim_table[claim]->cost * r->trial->size.steps / whole_size.steps;
}

static char *finding_path(const struct round *r, const struct claim *c, int seed)
{
    g_autofree char *file = g_strdup_printf("%s-%d.json", c->name, seed + 1);
    return g_build_filename(r->request->dir, "results", file, NULL);
}

static void read_findings(struct round *r)
{
    for (int i = 0; claim_table[i]; i++) {
        const struct claim *c = claim_table[i];
        for (int s = 0; s < r->seeds; s++) {
            g_autofree char *path = finding_path(r, c, s);
            *slot(r, i, s) = finding_read(path, r->trial->graded);
            r->all += is_wanted(r, i);
            r->done += is_wanted(r, i) && *slot(r, i, s);
            r->left += is_wanted(r, i) && !*slot(r, i, s) ? cost_of(r, i) : 0;
        }
    }
}

// ---- the page -----------------------------------------------------------------------------------

// The processor's own name, where that is what computes. Newly allocated; NULL: it is not known.
static char *processor_name(void)
{
    static const char key[] = "model name";
    g_autofree char *text = NULL;
    const char *line =
        g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL) ? strstr(text, key) : NULL;
    const char *colon = line ? strchr(line, ':') : NULL;
    return colon ? g_strstrip(g_strndup(colon + 1, strcspn(colon + 1, "\n"))) : NULL;
}

static char *machine_name(const struct engine *e)
{
    const struct gpu_info *info = gpu_info(e->gpu);
    g_autofree char *processor = info->type == GPU_TYPE_CPU ? processor_name() : NULL;
    return g_strdup_printf("%s, %u processors", processor ? processor : info->name,
                           g_get_num_processors());
}

static double seconds_worked(const struct round *r)
{
    double sum = 0;
    for (int i = 0; claim_table[i]; i++) {
        for (int s = 0; s < r->seeds; s++) {
            const struct finding *f = *slot(r, i, s);
            sum += f ? finding_get(f, SECONDS) : 0;
        }
    }
    return sum;
}

static bool write_text(const char *dir, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    if (!replacement_whole(path, text, strlen(text), error)) {
        g_prefix_error(error, "%s could not be written: ", path);
        return false;
    }
    return true;
}

static bool write_page(const struct round *r, GError **error)
{
    const struct trial *t = r->trial;
    const char *hash = model_hash(t->engine->model, MODEL_UNET, NULL, error);
    g_autofree char *machine = machine_name(t->engine);
    const char *kinds[TRIAL_SUBJECTS + 1] = {NULL};
    for (int i = 0; i < TRIAL_SUBJECTS; i++) {
        kinds[i] = t->subjects[i].kind;
    }
    const struct page page = {
        .model = t->engine->model->name,
        .hash = hash,
        .machine = machine,
        .quick = r->request->quick,
        .seconds = seconds_worked(r),
        .about = t->about,
        .kinds = kinds,
        .findings = (const struct finding *const *)r->findings,
        .seeds = r->seeds,
    };
    g_autofree char *html = hash ? page_html(&page) : NULL;
    g_autofree char *markdown = hash ? page_markdown(&page) : NULL;
    return hash && write_text(r->request->dir, "index.html", html, error) &&
           write_text(r->request->dir, "table.md", markdown, error);
}

// ---- trying -------------------------------------------------------------------------------------

static void progress_cb(struct trial *t)
{
    const struct round *r = t->data;
    const struct claim *c = claim_table[r->claim];
    const double part = MIN(t->spent, cost_of(r, r->claim)), all = r->worked + r->left;
    const double seconds = (g_get_monotonic_time() - r->begin) / 1e6;
    const double worked = r->worked + part;
    task_tell(r->task, &(struct task_progress){
                           .stage = TASK_TRYING,
                           .fraction = worked / all,
                           .step = r->done + 1,
                           .steps = r->all,
                           .seconds_left = seconds / worked * (all - worked),
                           .name = c->title,
                       });
}

static bool try_claim(struct round *r, int claim, int seed, GError **error)
{
    struct trial *t = r->trial;
    const struct claim *c = claim_table[claim];
    const gint64 begin = g_get_monotonic_time();
    g_autofree char *path = finding_path(r, c, seed);
    struct finding *f = finding_new();
    r->claim = claim;
    t->seed = (uint64_t)seed + 1;
    t->spent = 0;
    bool ok = !task_cancelled(r->task, error) && c->run(t, f, error);
    finding_put(f, (g_get_monotonic_time() - begin) / 1e6, SECONDS);
    ok = ok && finding_write(f, path, t->graded, error);
    if (!ok) {
        g_prefix_error(error, "%s, seed %d: ", c->title, seed + 1);
        finding_free(f);
        return false;
    }
    *slot(r, claim, seed) = f;
    r->done++;
    r->worked += cost_of(r, claim);
    r->left -= cost_of(r, claim);
    return write_page(r, error);
}

static bool try_all(struct round *r, GError **error)
{
    for (int s = 0; s < r->seeds; s++) {
        for (int i = 0; claim_table[i]; i++) {
            if (is_wanted(r, i) && !*slot(r, i, s) && !try_claim(r, i, s, error)) {
                return false;
            }
        }
    }
    return write_page(r, error);
}

// ---- which --------------------------------------------------------------------------------------

static bool check_name(const char *name, GError **error)
{
    if (!name || family_find(claim_family, name)) {
        return true;
    }
    g_autoptr(GString) names = g_string_new(NULL);
    for (int i = 0; claim_table[i]; i++) {
        g_string_append_printf(names, "%s%s", i ? ", " : "", claim_table[i]->name);
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                "there is no claim \"%s\"; there are %s", name, names->str);
    return false;
}

bool claims_run(struct engine *e, const struct claims_request *q, struct task *task, GError **error)
{
    const struct trial_size *size = q->quick ? &quick_size : &whole_size;
    struct trial *t = check_name(q->only, error)
                          ? trial_new(e, q->dir, size, q->photos, q->kind, task, error)
                          : NULL;
    if (!t) {
        return false;
    }
    const int n = (int)G_N_ELEMENTS(claim_table) - 1; // without the NULL
    struct round r = {.request = q,
                      .task = task,
                      .trial = t,
                      .findings = g_new0(struct finding *, n * size->seeds),
                      .seeds = size->seeds,
                      .begin = g_get_monotonic_time()};
    t->progress = progress_cb;
    t->data = &r;
    read_findings(&r);
    const bool ok = try_all(&r, error);
    for (int i = 0; i < n * size->seeds; i++) {
        finding_free(r.findings[i]);
    }
    g_free(r.findings);
    trial_free(t);
    return ok;
}
