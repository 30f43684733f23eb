// Checkpoints: one safetensors file with everything a run needs to go on with the same numbers bit
// for bit - the parameters, the optimizer's memory, the step, the state of the random numbers - and
// what it belongs to: model, method and settings, captions, rates. Written atomically and read back
// by the writer.
#include "compute/train/private.h"

#include <string.h>

// What must be the same on both sides of a resume, in the words of the error.
struct condition {
    const char *key, *what;
    char *value;
};
#define CONDITIONS 3

static char *examples_hash(const struct train_data *d)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    const gssize bytes = (gssize)d->n * (gssize)sizeof(float);
    for (int i = 0; i < d->count; i++) {
        const struct train_sample *s = &d->samples[i];
        const char *caption = d->captions[s->caption].text;
        const int numbers[] = {s->role, s->t_begin, s->t_end, s->mask != NULL};
        g_checksum_update(sum, (const guchar *)caption, (gssize)strlen(caption) + 1);
        g_checksum_update(sum, (const guchar *)numbers, sizeof numbers);
        g_checksum_update(sum, (const guchar *)&s->weight, sizeof s->weight);
        g_checksum_update(sum, (const guchar *)s->mean, bytes);
        if (s->mask) {
            g_checksum_update(sum, (const guchar *)s->mask, bytes / d->channels);
        }
    }
    return g_strdup(g_checksum_get_string(sum));
}

static void conditions_init(struct condition c[CONDITIONS], struct trainer *t)
{
    const char *hash = model_hash(t->model, MODEL_UNET, NULL, NULL);
    const struct condition all[CONDITIONS] = {
        {"model_hash", "the model", g_strdup(hash ? hash : "unknown")},
        // All but the number of steps: a training can be made longer.
        {"settings", "the settings", settings_key(t->settings, ADAPTER_RATE)},
        {"examples_hash", "the pictures or captions", examples_hash(&t->run.data)},
    };
    memcpy(c, all, sizeof all);
}

static void conditions_finish(struct condition c[CONDITIONS])
{
    for (int i = 0; i < CONDITIONS; i++) {
        g_free(c[i].value);
    }
}

// ---- writing ------------------------------------------------------------------------------------

static const char *const slot_names[OPTIMIZER_SLOTS] = {"optimizer.0", "optimizer.1"};

static void write_meta(struct st_writer *w, const char *key, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
static void write_meta(struct st_writer *w, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    st_writer_meta(w, key, text);
}

bool trainer_checkpoint(struct trainer *t, const char *path, GError **error)
{
    struct st_writer *w = st_writer_new();
    struct condition conditions[CONDITIONS];
    conditions_init(conditions, t);
    for (int i = 0; i < CONDITIONS; i++) {
        st_writer_meta(w, conditions[i].key, conditions[i].value);
    }
    conditions_finish(conditions);
    write_meta(w, "step", "%d", t->step);
    write_meta(w, "seed", "%" G_GUINT64_FORMAT, t->rng.seed);
    write_meta(w, "offset", "%" G_GUINT64_FORMAT, t->rng.offset);
    char mean[G_ASCII_DTOSTR_BUF_SIZE];
    st_writer_meta(w, "loss_mean", g_ascii_dtostr(mean, sizeof mean, t->loss_mean));

    for (guint i = 0; i < t->run.leaves->len; i++) {
        const struct train_leaf *leaf = t->run.leaves->pdata[i];
        g_autofree char *name = g_strconcat("parameter.", leaf->name, NULL);
        st_writer_f32(w, name, 1, (int64_t[]){leaf->count}, leaf->value);
    }
    for (int k = 0; k < t->optimizer->slots; k++) {
        st_writer_f32(w, slot_names[k], 1, (int64_t[]){t->count}, t->state[k]);
    }
    const bool ok = st_writer_save(w, path, NULL, error);
    st_writer_free(w);
    return ok;
}

// ---- reading ------------------------------------------------------------------------------------

// "rank=4" of "method=lora steps=60 rank=4 ..." where other has another word in its place.
static const char *first_difference(char **words, char **other)
{
    int i = 0;
    while (words[i] && g_strcmp0(words[i], other[i]) == 0) {
        i++;
    }
    return words[i] ? words[i] : "nothing";
}

static void set_mismatch(const struct st_file *f, const struct condition *c, const char *theirs,
                         GError **error)
{
    if (!g_str_equal(c->key, "settings") || !theirs) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "%s cannot be continued: %s of the checkpoint differ from this run's", f->path,
                    c->what);
        return;
    }
    g_auto(GStrv) there = g_strsplit(theirs, " ", 0), here = g_strsplit(c->value, " ", 0);
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                "%s cannot be continued: it was begun with %s, and this run has %s", f->path,
                first_difference(there, here), first_difference(here, there));
}

static bool check_conditions(struct trainer *t, const struct st_file *f, GError **error)
{
    struct condition conditions[CONDITIONS];
    conditions_init(conditions, t);
    bool ok = true;
    for (int i = 0; ok && i < CONDITIONS; i++) {
        const char *theirs = g_hash_table_lookup(f->metadata, conditions[i].key);
        ok = g_strcmp0(theirs, conditions[i].value) == 0;
        if (!ok) {
            set_mismatch(f, &conditions[i], theirs, error);
        }
    }
    conditions_finish(conditions);
    return ok;
}

static bool read_floats(const struct st_file *f, const char *name, int64_t count, float *out,
                        GError **error)
{
    const struct st_tensor *t = st_find(f, name);
    if (!t || t->count != count) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH, "%s has no fitting tensor %s",
                    f->path, name);
        return false;
    }
    return st_read_f32(t, out, true, error);
}

static bool read_uint64(const struct st_file *f, const char *key, uint64_t *value, GError **error)
{
    const char *text = g_hash_table_lookup(f->metadata, key);
    return g_ascii_string_to_unsigned(text ? text : "", 10, 0, G_MAXUINT64, value, error);
}

// Everything is read into memory of its own first: a bad file changes nothing.
static bool read_state(struct trainer *t, const struct st_file *f, float *values,
                       float *const *state, GError **error)
{
    int64_t at = 0;
    for (guint i = 0; i < t->run.leaves->len; i++) {
        const struct train_leaf *leaf = t->run.leaves->pdata[i];
        g_autofree char *name = g_strconcat("parameter.", leaf->name, NULL);
        if (!read_floats(f, name, leaf->count, values + at, error)) {
            return false;
        }
        at += leaf->count;
    }
    for (int k = 0; k < t->optimizer->slots; k++) {
        if (!read_floats(f, slot_names[k], t->count, state[k], error)) {
            return false;
        }
    }
    return true;
}

bool trainer_resume(struct trainer *t, const char *checkpoint, GError **error)
{
    struct st_file *f = st_open(checkpoint, error);
    if (!f) {
        return false;
    }
    g_autofree float *values = g_new(float, t->count);
    float *state[OPTIMIZER_SLOTS] = {NULL};
    for (int k = 0; k < t->optimizer->slots; k++) {
        state[k] = g_new(float, t->count);
    }
    uint64_t step, seed, offset;
    const bool ok = check_conditions(t, f, error) && read_uint64(f, "step", &step, error) &&
                    read_uint64(f, "seed", &seed, error) &&
                    read_uint64(f, "offset", &offset, error) &&
                    read_state(t, f, values, state, error);
    if (ok) {
        const char *mean = g_hash_table_lookup(f->metadata, "loss_mean");
        t->step = (int)MIN(step, G_MAXINT);
        t->rng = (struct rng){seed, offset};
        t->loss_mean = mean ? g_ascii_strtod(mean, NULL) : 0;
        const float *from = values;
        for (guint i = 0; i < t->run.leaves->len; i++) {
            struct train_leaf *leaf = t->run.leaves->pdata[i];
            memcpy(leaf->value, from, (size_t)leaf->count * sizeof *from);
            from += leaf->count;
        }
    }
    for (int k = 0; k < t->optimizer->slots; k++) {
        if (ok) {
            memcpy(t->state[k], state[k], (size_t)t->count * sizeof **state);
        }
        g_free(state[k]);
    }
    st_free(f);
    return ok && trainer_upload(t, error);
}
