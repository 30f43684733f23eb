// Checkpoints: one safetensors file with everything a run needs to go on with the same numbers bit
// for bit - the parameters, the optimizer's memory, the step, the state of the random numbers - and
// what it belongs to: model, method and settings, captions, rates. Written atomically and read back
// by the writer.
#include "compute/train/private.h"

#include "compute/i18n.h"

#include <string.h>

// What must be the same on both sides of a resume, in the words of the error.
struct condition {
    const char *key, *differs; // as a sentence
    char *value;
};
#define CONDITIONS 3

#define MODEL_HASH "model_hash"
#define MODEL_NAME "model_name"
#define MODEL_PATH "model_path"

// Nothing is said about it but a caption: then the sum is that of version 0.1.
static bool is_plain(const struct objective_run *run, const struct train_sample *s)
{
    return s->role == ROLE_INSTANCE && s->weight == 1 && !s->mask && s->t_begin == 0 &&
           s->t_end == run->schedule.train_steps;
}

static char *examples_hash(const struct objective_run *run)
{
    const struct train_data *d = &run->data;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    const gssize bytes = (gssize)d->n * (gssize)sizeof(float);
    const int factor = model_latent_factor(run->model);
    for (int i = 0; i < d->count; i++) {
        const struct train_sample *s = &d->samples[i];
        const char *caption = d->captions[s->caption].text;
        const int numbers[] = {s->role, s->t_begin, s->t_end, s->mask != NULL};
        g_checksum_update(sum, (const guchar *)caption, (gssize)strlen(caption) + 1);
        if (!is_plain(run, s)) {
            g_checksum_update(sum, (const guchar *)numbers, sizeof numbers);
            g_checksum_update(sum, (const guchar *)&s->weight, sizeof s->weight);
        }
        g_checksum_update(sum, (const guchar *)s->mean, bytes);
        if (s->mask) {
            g_checksum_update(sum, (const guchar *)s->mask, bytes / d->channels);
        }
        if (s->hint) {
            g_checksum_update(sum, (const guchar *)s->hint,
                              bytes / d->channels * factor * factor * 3);
        }
    }
    return g_strdup(g_checksum_get_string(sum));
}

static void conditions_init(struct condition c[CONDITIONS], struct trainer *t)
{
    const char *hash = model_hash(t->model, MODEL_UNET, NULL, NULL);
    const struct condition all[CONDITIONS] = {
        {MODEL_HASH, N_("the model is another one"), g_strdup(hash ? hash : "unknown")},
        {"examples_hash", N_("the pictures or captions are others"), examples_hash(&t->run)},
        {"beneath_hash", N_("the adapters beneath are others"),
         adapters_key(t->run.beneath, t->run.n_beneath)},
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
    st_writer_meta(w, MODEL_NAME, t->model->name ? t->model->name : "");
    st_writer_meta(w, MODEL_PATH, t->model->path);
    g_autofree char *settings = settings_text(t->settings);
    st_writer_meta(w, "settings", settings);
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
    best_write(t, w);
    const bool ok = st_writer_save(w, path, NULL, error);
    st_writer_free(w);
    return ok;
}

// ---- reading ------------------------------------------------------------------------------------

// What a checkpoint was made with: key -> value. Version 0.1 wrote it in pieces.
static GHashTable *read_settings(const struct st_file *f)
{
    static const char *const single[] = {"method", "objective", "optimizer"};
    static const char *const lists[] = {"settings", "rates"};
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(single); i++) {
        const char *value = g_hash_table_lookup(f->metadata, single[i]);
        if (value) {
            g_hash_table_insert(table, g_strdup(single[i]), g_strdup(value));
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        const char *text = g_hash_table_lookup(f->metadata, lists[i]);
        g_auto(GStrv) words = g_strsplit(text ? text : "", " ", 0);
        for (int k = 0; words[k]; k++) {
            g_auto(GStrv) pair = g_strsplit(words[k], "=", 2);
            if (pair[0] && pair[1]) {
                g_hash_table_insert(table, g_strdup(pair[0]), g_strdup(pair[1]));
            }
        }
    }
    return table;
}

// All but the number of steps: a training can be made longer. A setting that is younger than the
// file was what its default is.
static bool check_settings(const struct trainer *t, const struct st_file *f, GError **error)
{
    g_autoptr(GHashTable) table = read_settings(f);
    struct settings *owner;
    const struct setting *row;
    for (int i = 0; (row = settings_row(t->settings, i, &owner)); i++) {
        const char *theirs = g_hash_table_lookup(table, row->key);
        double value = row->def;
        const bool known = !theirs || setting_parse(row, theirs, &value, NULL);
        if (row->scope != ADAPTER_LENGTH && (!known || value != settings_get(owner, row->key))) {
            g_autofree char *before = setting_print(row, value),
                            *now = settings_print(owner, row->key);
            g_set_error(
                error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                _("%s cannot be continued: it was begun with %s=%s, and this run has %s=%s"),
                f->path, row->key, known ? before : theirs, row->key, now);
            return false;
        }
    }
    return true;
}

static bool check_conditions(struct trainer *t, const struct st_file *f, GError **error)
{
    if (!g_hash_table_contains(f->metadata, "step")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is no checkpoint of a training"), f->path);
        return false;
    }
    struct condition conditions[CONDITIONS];
    conditions_init(conditions, t);
    bool ok = check_settings(t, f, error);
    for (int i = 0; ok && i < CONDITIONS; i++) {
        const char *theirs = g_hash_table_lookup(f->metadata, conditions[i].key);
        ok = g_strcmp0(theirs ? theirs : "", conditions[i].value) == 0; // older files have fewer
        if (!ok) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                        _("%s cannot be continued: %s"), f->path, conditions[i].differs);
        }
    }
    conditions_finish(conditions);
    return ok;
}

static bool check_step(const struct trainer *t, const struct st_file *f, uint64_t step,
                       GError **error)
{
    if (step > (uint64_t)t->steps) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s has %" PRIu64 " steps behind it, more than the %d of this run"), f->path,
                    step, t->steps);
        return false;
    }
    return true;
}

static bool read_floats(const struct st_file *f, const char *name, int64_t count, float *out,
                        GError **error)
{
    const struct st_tensor *t = st_find(f, name);
    if (!t || t->count != count) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s has no fitting tensor %s"), f->path, name);
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
                    check_step(t, f, step, error) && read_uint64(f, "seed", &seed, error) &&
                    read_uint64(f, "offset", &offset, error) &&
                    read_state(t, f, values, state, error);
    if (ok) {
        const char *mean = g_hash_table_lookup(f->metadata, "loss_mean");
        t->step = (int)MIN(step, G_MAXINT);
        t->rng = (struct rng){seed, offset};
        t->seed = seed;
        t->loss_mean = mean ? g_ascii_strtod(mean, NULL) : 0;
        best_read(t, f);
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

int checkpoint_steps(const char *checkpoint)
{
    struct st_file *f = st_open(checkpoint, NULL);
    g_autoptr(GHashTable) table = f ? read_settings(f) : NULL;
    const char *steps = table ? g_hash_table_lookup(table, "steps") : NULL;
    guint64 number = 0;
    if (!steps || !g_ascii_string_to_unsigned(steps, 10, 1, G_MAXINT, &number, NULL)) {
        number = 0;
    }
    st_free(f);
    return (int)number;
}

void checkpoint_model_clear(struct checkpoint_model *m)
{
    g_free(m->hash);
    g_free(m->name);
    g_free(m->path);
    *m = (struct checkpoint_model){0};
}

bool checkpoint_model_read(const char *checkpoint, struct checkpoint_model *m)
{
    struct st_file *f = st_open(checkpoint, NULL);
    *m = (struct checkpoint_model){0};
    if (f) {
        m->hash = g_strdup(g_hash_table_lookup(f->metadata, MODEL_HASH));
        m->name = g_strdup(g_hash_table_lookup(f->metadata, MODEL_NAME));
        m->path = g_strdup(g_hash_table_lookup(f->metadata, MODEL_PATH));
    }
    st_free(f);
    return m->hash != NULL;
}
