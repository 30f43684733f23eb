// The best state of a run. The loss goes on falling when a photo has been learned too long: what is
// drawn of it gets worse by then. So the run is measured now and then by whoever can draw, keeps
// the parameters of the best measurement, and ends once it is clear that it got worse.
#include "compute/train/private.h"

#include <math.h>
#include <string.h>

// So many in a row that are so much below the best one: it is not the measurement's own noise.
#define WORSE_DB   0.5
#define WORSE_ROWS 2

#define BEST_TENSOR "best.parameters"

// Measurements become rarer as a run gets long. They do not depend on how long it is to be, so that
// one that is gone on with is measured where it would have been.
static int interval(int step)
{
    return step <= 200 ? 50 : step <= 600 ? 100 : 200;
}

bool best_is_due(const struct trainer *t)
{
    return t->best.measure && (t->step == t->steps || t->step % interval(t->step) == 0);
}

static void keep(struct trainer *t)
{
    int64_t at = 0;
    if (!t->best.values) {
        t->best.values = g_new(float, t->count);
    }
    for (guint i = 0; i < t->run.leaves->len; i++) {
        const struct train_leaf *leaf = t->run.leaves->pdata[i];
        memcpy(t->best.values + at, leaf->value, (size_t)leaf->count * sizeof(float));
        at += leaf->count;
    }
    t->best.step = t->step;
}

bool best_measure(struct trainer *t, struct task *task)
{
    trainer_publish(t); // what is drawn is drawn with them
    const double score = t->best.measure(t->best.data);
    t->best.cut = task_cancelled(task, NULL);
    if (isnan(score)) {
        return true;
    }
    t->best.cut = false;
    t->best.last = score;
    if (!t->best.step || score > t->best.score) {
        t->best.score = score;
        t->best.worse = 0;
        keep(t);
    } else {
        t->best.worse = score < t->best.score - WORSE_DB ? t->best.worse + 1 : 0;
    }
    return !t->best.stops || t->best.worse < WORSE_ROWS;
}

void best_report(const struct trainer *t, struct train_report *r)
{
    r->redrawn = t->best.step ? t->best.last : NAN;
    r->redrawn_best = t->best.step ? t->best.score : NAN;
    r->best_step = t->best.step;
}

bool best_take(struct trainer *t, GError **error)
{
    int64_t at = 0;
    for (guint i = 0; i < t->run.leaves->len; i++) {
        struct train_leaf *leaf = t->run.leaves->pdata[i];
        memcpy(leaf->value, t->best.values + at, (size_t)leaf->count * sizeof(float));
        at += leaf->count;
    }
    return trainer_upload(t, error);
}

// ---- in a checkpoint ----------------------------------------------------------------------------

void best_write(const struct trainer *t, struct st_writer *w)
{
    if (t->best.step) {
        char number[G_ASCII_DTOSTR_BUF_SIZE];
        g_autofree char *step = g_strdup_printf("%d", t->best.step);
        g_autofree char *worse = g_strdup_printf("%d", t->best.worse);
        st_writer_meta(w, "best_step", step);
        st_writer_meta(w, "best_worse", worse);
        st_writer_meta(w, "best_score", g_ascii_dtostr(number, sizeof number, t->best.score));
        st_writer_f32(w, BEST_TENSOR, 1, (int64_t[]){t->count}, t->best.values);
    }
}

static int read_int(const struct st_file *f, const char *key)
{
    const char *text = g_hash_table_lookup(f->metadata, key);
    guint64 value = 0;
    g_ascii_string_to_unsigned(text ? text : "", 10, 0, G_MAXINT, &value, NULL);
    return (int)value;
}

void best_read(struct trainer *t, const struct st_file *f)
{
    const struct st_tensor *values = st_find(f, BEST_TENSOR);
    const char *score = g_hash_table_lookup(f->metadata, "best_score");
    g_autofree float *kept = g_new(float, t->count);
    const int step = read_int(f, "best_step");
    if (!values || values->count != t->count || !score || step < 1 || step > t->steps ||
        !st_read_f32(values, kept, true, NULL)) {
        return;
    }
    t->best.step = step;
    t->best.worse = read_int(f, "best_worse");
    t->best.score = t->best.last = g_ascii_strtod(score, NULL);
    g_free(t->best.values);
    t->best.values = g_steal_pointer(&kept);
}

void best_free(struct trainer *t)
{
    g_free(t->best.values);
}
