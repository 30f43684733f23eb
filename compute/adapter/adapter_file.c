// Adapter files: loading, the metadata that all of them carry, saving and the proof after it. The
// tensors are each dialect's own.
#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"
#include "compute/i18n.h"
#include "compute/model/kind.h"
#include "compute/replace.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define SETTING_PREFIX "tincture.setting."
#define BASE_HASH      "tincture.base_model_hash" // of the image network's weight file

// ---- loading ------------------------------------------------------------------------------------

static void read_metadata(struct adapter *a, const struct st_file *file)
{
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, file->metadata);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        g_hash_table_replace(a->metadata, g_strdup(key), g_strdup(value));
    }
    for (int i = 0; settings_row(a->settings, i, NULL); i++) {
        const char *key_of_row = settings_row(a->settings, i, NULL)->key;
        g_autofree char *name = g_strconcat(SETTING_PREFIX, key_of_row, NULL);
        const char *text = g_hash_table_lookup(a->metadata, name);
        if (text) { // a foreign value is not worth refusing a file
            settings_parse(a->settings, key_of_row, text, NULL);
            a->known = MAX(a->known, i < N_TRAINING_ROWS ? KNOWN_ALL : KNOWN_FORM);
        }
    }
}

// Shifts of singular values mean something for the weights they were learned on; on others of the
// same shape they apply without a word. Told and not refused: the same weights in another precision
// are another file. Only where the model's hash is known.
static void check_base(struct adapter *a)
{
    const char *theirs = g_hash_table_lookup(a->metadata, BASE_HASH);
    const char *ours = theirs ? model_known_hash(a->model, MODEL_UNET) : NULL;
    a->other_base = ours && !g_str_equal(theirs, ours);
    if (a->other_base) {
        adapter_note(a,
                     _("it was learned on another model than %s, and may not do here what it did "
                       "there"),
                     a->model->name);
    }
}

struct adapter *adapter_begin(const struct adapter_source *s, const char *method,
                              struct model *model)
{
    struct adapter *a = adapter_alloc(adapter_method_find(method), model);
    a->read = true;
    for (guint i = 0; i < s->files->len; i++) {
        read_metadata(a, s->files->pdata[i]);
    }
    return a;
}

static int count_tensors(const struct adapter_source *s)
{
    guint count = 0;
    for (guint i = 0; i < s->files->len; i++) {
        count += ((const struct st_file *)s->files->pdata[i])->tensors->len;
    }
    return (int)count;
}

static void set_mismatch(const struct adapter_source *s, const struct adapter *a, GError **error)
{
    const char *claim = adapter_source_claim(s);
    g_autofree char *said =
        claim
            ? g_strdup_printf(_("none of the %d tensors of %s fits this model; it says that it is "
                                "for %s"),
                              a->tensors_total, s->path, claim)
            : g_strdup_printf(_("none of the %d tensors of %s fits this model"), a->tensors_total,
                              s->path);
    g_autofree char *remark = a->notes->len ? adapter_remark(a) : NULL;
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH, "%s%s%s", said, remark ? ": " : "",
                remark ? remark : "");
}

// PEFT names its method beside the tensors: "VERA", "HRA".
static const char *peft_type(const struct adapter_source *s)
{
    JsonObject *config = s->config ? json_node_get_object(s->config) : NULL;
    JsonNode *node = config ? json_object_get_member(config, "peft_type") : NULL;
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

static void set_method(const struct adapter_source *s, const char *method, GError **error)
{
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                _("%s is an adapter of the method %s, which this program does not apply"), s->path,
                method);
}

// What a file is that is no adapter of any program; NULL: it may be one, or nothing is known of it.
static const struct weights_kind *other_kind(const struct adapter_source *s)
{
    const bool named = peft_type(s) || adapter_source_method(s);
    const struct weights_kind *kind = named ? NULL : weights_kind_of(s->files->pdata[0]);
    return kind && kind->sort != SOME_ADAPTER ? kind : NULL;
}

static void set_unknown(const struct adapter_source *s, GError **error)
{
    const struct st_file *first = s->files->pdata[0];
    const char *type = peft_type(s), *method = adapter_source_method(s);
    const struct weights_kind *kind = other_kind(s);
    if (kind) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is %s and no adapter; %s"), first->path, translated(kind->what),
                    translated(kind->use));
    } else if (type) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            _("%s is an adapter of a method that this program does not apply: its peft_type "
              "is \"%.40s\""),
            first->path, type);
    } else if (method) {
        set_method(s, method, error);
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is not an adapter that this program knows"), first->path);
    }
}

// The tensors of a hint encoder that the files have beside the adapter's: hint_net_load() asks
// whether they fit the model.
static bool read_extras(struct adapter *a, const struct adapter_source *s, GError **error)
{
    for (guint i = 0; i < s->files->len; i++) {
        const GPtrArray *aside = ((const struct st_file *)s->files->pdata[i])->aside;
        for (guint k = 0; k < aside->len; k++) {
            const struct st_tensor *t = aside->pdata[k];
            g_autofree float *value = g_new(float, t->count);
            if (t->rank > GRAPH_RANK || !st_read_learned(t, value, NULL)) {
                g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                            _("%s: %s is no tensor of a hint encoder"), s->path, t->name);
                return false;
            }
            adapter_extra_put(a, t->name, t->rank, t->shape, value);
        }
    }
    return true;
}

// A hint encoder alone: words are all that such an adapter could have besides.
static bool is_alone(const struct adapter_source *s)
{
    bool alone = false;
    for (guint i = 0; i < s->files->len; i++) {
        const struct st_file *f = s->files->pdata[i];
        alone = f->tensors->len == 0 && f->aside->len > 0;
    }
    return alone;
}

bool adapter_looks(const char *path, GError **error)
{
    struct adapter_source *s = adapter_source_open(path, error);
    const bool looks = s && (is_alone(s) || adapter_dialect_of(s));
    if (s && !looks) {
        set_unknown(s, error);
    }
    adapter_source_free(s);
    return looks;
}

static void note_method(struct adapter *a)
{
    const char *method = NULL;
    for (guint i = 0; !method && i < a->unmatched->len; i++) {
        method = adapter_name_method(a->unmatched->pdata[i]);
    }
    if (method) {
        adapter_note(a, _("what is of the method %s is not applied"), method);
    }
}

static struct adapter *read_tensors(const struct adapter_source *s, struct model *model,
                                    GError **error)
{
    const struct adapter_dialect *d = adapter_dialect_of(s);
    const char *family = d || !other_kind(s) ? adapter_source_family(s, model) : NULL;
    if (family) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s is an adapter for %s, and %s is a Stable Diffusion 1.x or 2.x model"),
                    s->path, family, model->name);
        return NULL;
    }
    if (!d) {
        set_unknown(s, error);
        return NULL;
    }
    struct adapter *a = d->read(s, model, error);
    if (!a) {
        return NULL;
    }
    if (!adapter_take_words(a, s, error)) {
        adapter_free(a);
        return NULL;
    }
    a->dialect = d;
    a->tensors_total = count_tensors(s);
    note_method(a);
    a->tensors_applied = a->tensors_total - (int)a->unmatched->len;
    if (a->params->len == 0) {
        const char *method = adapter_source_method(s);
        if (method) {
            set_method(s, method, error);
        } else {
            set_mismatch(s, a, error);
        }
        adapter_free(a);
        return NULL;
    }
    const char *claim = a->unmatched->len > 0 ? adapter_source_claim(s) : NULL;
    if (claim) {
        adapter_note(a, _("the file says that it is for %s"), claim);
    }
    return a;
}

static struct adapter *read_source(const struct adapter_source *s, struct model *model,
                                   GError **error)
{
    struct adapter *a =
        is_alone(s) ? adapter_begin(s, "word", model) : read_tensors(s, model, error);
    if (a && !read_extras(a, s, error)) {
        g_clear_pointer(&a, adapter_free);
    }
    return a;
}

struct adapter *adapter_load(const char *path, struct model *model, GError **error)
{
    struct adapter_source *s = adapter_source_open(path, error);
    struct adapter *a = s ? read_source(s, model, error) : NULL;
    adapter_source_free(s);
    if (!a) {
        return NULL;
    }
    g_free(a->name);
    a->name = st_name(path);
    check_base(a);
    return a;
}

// ---- metadata -----------------------------------------------------------------------------------

static void note(GHashTable *table, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void note(GHashTable *table, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_hash_table_replace(table, g_strdup(key), g_strdup_vprintf(format, args));
    va_end(args);
}

// The family by the width of the text embeddings, as other programs name it; NULL for a model of no
// such family.
static const char *base_version(const struct model *m)
{
    switch (m->unet.cross_dim) {
    case 768: return "sd_v1";
    case 1024: return m->sched.prediction == PREDICTION_V ? "sd_v2_v" : "sd_v2";
    default: return NULL;
    }
}

static const char *architecture(const struct model *m)
{
    switch (m->unet.cross_dim) {
    case 768: return "stable-diffusion-v1/lora";
    case 1024:
        return m->sched.prediction == PREDICTION_V ? "stable-diffusion-v2-768-v/lora"
                                                   : "stable-diffusion-v2-512/lora";
    default: return "stable-diffusion/lora";
    }
}

int adapter_largest_rank(const struct adapter *a)
{
    struct update_form form;
    int most = 0;
    for (guint i = 0; i < a->params->len; i++) {
        const bool low = a->method->form && a->method->form(a->params->pdata[i], &form);
        most = MAX(most, low && form.kind == UPDATE_LOW_RANK ? form.rank[0] : 0);
    }
    return most;
}

// Settings that are known: of the adapter's form, and how it was learned.
static void describe_settings(const struct adapter *a, GHashTable *t)
{
    const int first = a->known == KNOWN_ALL ? 0 : N_TRAINING_ROWS;
    g_autoptr(GString) args = g_string_new("");
    for (int i = first; a->known && settings_row(a->settings, i, NULL); i++) {
        const char *key = settings_row(a->settings, i, NULL)->key;
        g_autofree char *name = g_strconcat(SETTING_PREFIX, key, NULL);
        g_autofree char *value = settings_print(a->settings, key);
        note(t, name, "%s", value);
        g_string_append_printf(args, "%s\"%s\": \"%s\"", args->len ? ", " : "", key, value);
    }
    if (args->len > 0) {
        note(t, "ss_network_args", "{%s}", args->str);
    }
}

// The model that it acts on, which is the one that it was learned on or brought near to.
static void describe_model(struct model *m, GHashTable *t)
{
    const char *hash = model_hash(m, MODEL_UNET, NULL, NULL);
    if (hash) {
        note(t, BASE_HASH, "%s", hash);
    }
    if (hash && m->layout != LAYOUT_FOLDER) { // others mean the hash of such a file
        note(t, "ss_new_sd_model_hash", "%s", hash);
    }
    if (m->name) {
        note(t, "ss_sd_model_name", "%s", m->name);
    }
    if (base_version(m)) {
        note(t, "ss_v2", "%s", m->unet.cross_dim == 1024 ? "True" : "False");
        note(t, "ss_base_model_version", "%s", base_version(m));
    }
    note(t, "modelspec.architecture", "%s", architecture(m));
    note(t, "modelspec.prediction_type", "%s",
         m->sched.prediction == PREDICTION_V ? "v" : "epsilon");
}

// Everything about the adapter that its numbers do not say. Of one that was read it is what its
// file says: neither by what it was learned nor on which model is known besides. No path of this
// machine is ever among it.
static GHashTable *describe(const struct adapter *a)
{
    GHashTable *t = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, a->metadata);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (!g_str_equal(key, "lora_adapter_metadata")) { // diffusers' of the file that was read
            note(t, key, "%s", (const char *)value);
        }
    }

    note(t, "format", "pt");
    note(t, "tincture.method", "%s", a->method->name);
    if (a->method == adapter_method_find("lora") && a->params->len > 0) {
        const int rank =
            adapter_largest_rank(a); // and as alpha: updates are written without a factor
        note(t, "ss_network_dim", "%d", rank);
        note(t, "ss_network_alpha", "%d", rank);
    }
    if (!a->read) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *date = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
        describe_settings(a, t);
        describe_model(a->model, t);
        note(t, "ss_network_module", "tincture.%s", a->method->name);
        note(t, "modelspec.sai_model_spec", "1.0.0");
        note(t, "modelspec.implementation", "tincture");
        note(t, "modelspec.title", "%s", a->name);
        note(t, "modelspec.date", "%s", date);
    }
    return t;
}

struct st_writer *adapter_writer(const struct adapter *a)
{
    struct st_writer *w = st_writer_new();
    g_autoptr(GHashTable) table = describe(a);
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(table), (GCompareFunc)strcmp);
    for (GList *k = keys; k; k = k->next) {
        st_writer_meta(w, k->data, g_hash_table_lookup(table, k->data));
    }
    for (guint i = 0; i < a->extras->len; i++) {
        const struct adapter_extra *e = a->extras->pdata[i];
        st_writer_f32(w, e->name, e->rank, e->shape, e->value);
    }
    return w;
}

// ---- saving -------------------------------------------------------------------------------------

static bool same_extras(const struct adapter *a, const struct adapter *b)
{
    bool same = a->extras->len == b->extras->len;
    for (guint i = 0; same && i < a->extras->len; i++) {
        const struct adapter_extra *e = a->extras->pdata[i];
        const struct adapter_extra *f = b->extras->pdata[i];
        int64_t count = 1;
        same = g_str_equal(e->name, f->name) && e->rank == f->rank &&
               memcmp(e->shape, f->shape, sizeof e->shape) == 0;
        for (int k = 0; k < e->rank; k++) {
            count *= e->shape[k];
        }
        same = same && memcmp(e->value, f->value, (size_t)count * sizeof *e->value) == 0;
    }
    return same;
}

// What was written is read again as anybody would read it.
static bool verify(const struct adapter *a, const char *path, GError **error)
{
    struct adapter *copy = adapter_load(path, a->model, error);
    if (!copy) {
        g_prefix_error(error, _("the adapter was written but cannot be read back: "));
        return false;
    }
    bool same = copy->params->len == a->params->len && same_extras(copy, a);
    for (guint i = 0; same && i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i], *q = adapter_param_of(copy, p->weight);
        same = q && p->count == q->count && !p->form == !q->form &&
               (!p->form || g_bytes_equal(p->form, q->form)) &&
               !memcmp(p->value, q->value, (size_t)p->count * sizeof *p->value);
    }
    adapter_free(copy);
    if (!same) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s does not hold what was written to it"), path);
    }
    return same;
}

bool adapter_remove(const char *path, GError **error)
{
    if (g_unlink(path) == 0 || errno == ENOENT) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                _("%s, of the adapter that was here before, cannot be removed: %s"), path,
                g_strerror(errno));
    return false;
}

// The dialect that an adapter is saved in, NULL where none can hold it.
static const struct adapter_dialect *dialect_for(const struct adapter *a)
{
    if (a->method->dialect) {
        return adapter_dialect_find(a->method->dialect);
    }
    for (int i = 0; adapter_dialect_table[i]; i++) {
        const struct adapter_dialect *d = adapter_dialect_table[i];
        if (d->write && d->holds(a)) {
            return d;
        }
    }
    return NULL;
}

// Adapters of other dialects (NULL: of any) in the folder, which would be loaded with or in place
// of this one. The caller frees the names.
static GPtrArray *list_others(const struct adapter_dialect *dialect, const char *folder)
{
    GPtrArray *others = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; adapter_dialect_table[i]; i++) {
        for (const char *const *name = adapter_dialect_table[i]->files; *name; name++) {
            g_autofree char *file = g_build_filename(folder, *name, NULL);
            if (g_str_has_suffix(*name, ".safetensors") &&
                !(dialect && g_strv_contains(dialect->files, *name)) &&
                g_file_test(file, G_FILE_TEST_EXISTS)) {
                g_ptr_array_add(others, g_steal_pointer(&file));
            }
        }
    }
    return others;
}

static bool check_place(const struct adapter_dialect *dialect, const char *path, GError **error)
{
    if (g_str_has_suffix(path, ".safetensors")) {
        g_autofree char *folder = g_path_get_dirname(path);
        if (g_access(folder, W_OK) != 0) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                        _("%s: nothing can be put into the folder %s: %s"), path, folder,
                        g_strerror(errno));
            return false;
        }
        return true;
    }
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s is a file; an adapter is one that ends in .safetensors, or a folder"),
                    path);
        return false;
    }
    const char *ending = replacement_ending(path);
    if (ending) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("%s: an adapter is a file that ends in .safetensors, not %s, or a folder (%s/)"),
            path, ending, path);
        return false;
    }
    g_autoptr(GPtrArray) others = list_others(dialect, path);
    for (guint i = 0; i < others->len; i++) {
        struct st_file *file = st_open(others->pdata[i], NULL);
        const bool ours = file && g_hash_table_contains(file->metadata, "tincture.method");
        st_free(file);
        if (!ours) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                        _("%s is an adapter of another program; save to a folder of its own"),
                        (char *)others->pdata[i]);
            return false;
        }
    }
    return true;
}

bool adapter_save_check(const struct adapter_method *method, const char *path, GError **error)
{
    const bool file = g_str_has_suffix(path, ".safetensors");
    if (!check_place(method->dialect ? adapter_dialect_find(method->dialect) : NULL, path, error)) {
        return false;
    }
    struct replacement *probe = file ? replacement_new(path, error) : NULL;
    if (file && !probe) {
        g_prefix_error(error, _("could not save %s: "), path);
    }
    replacement_free(probe);
    return !file || probe;
}

// After a save into a folder.
static bool remove_others(const struct adapter_dialect *dialect, const char *path, GError **error)
{
    g_autoptr(GPtrArray) others = list_others(dialect, path);
    bool ok = true;
    for (guint i = 0; ok && i < others->len; i++) {
        ok = adapter_remove(others->pdata[i], error);
    }
    return ok;
}

// What is still to do once nothing stands against it.
static bool save_files(struct adapter *a, const struct adapter_dialect *dialect, const char *path,
                       bool folder, struct task *task, GError **error)
{
    const bool is_new = folder && !g_file_test(path, G_FILE_TEST_EXISTS);
    if (folder && g_mkdir_with_parents(path, 0755) != 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("cannot make the folder %s: %s"),
                    path, g_strerror(errno));
        return false;
    }
    const bool ok = dialect->write(a, path, task, error);
    if (!ok && is_new) {
        g_rmdir(path); // where it is empty
    }
    return ok && (!folder || remove_others(dialect, path, error)) && verify(a, path, error);
}

static bool save_in(struct adapter *a, const struct adapter_dialect *dialect, const char *path,
                    struct task *task, GError **error)
{
    const bool folder = !g_str_has_suffix(path, ".safetensors");
    const double norm = adapter_norm(a);
    if (!(norm > 0 && norm < INFINITY)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                    norm == 0
                        ? _("the adapter has learned nothing yet, so there is nothing to save")
                        : _("the adapter holds numbers that are not finite and is not saved"));
        return false;
    }
    if (!check_place(dialect, path, error)) {
        return false;
    }
    model_hash(a->model, MODEL_UNET, task, NULL); // here, where waiting shows
    if (task_cancelled(task, error)) {
        return false;
    }
    struct adapter *fitted = dialect->fitted ? dialect->fitted(a) : NULL;
    if (fitted) {
        g_ptr_array_unref(fitted->extras);
        fitted->extras = g_ptr_array_ref(a->extras);
    }
    const bool ok = save_files(fitted ? fitted : a, dialect, path, folder, task, error);
    adapter_free(fitted);
    return ok;
}

// Of words alone the file is that of the word.
static bool save_word(const struct adapter *a, const char *path, GError **error)
{
    g_autoptr(GPtrArray) names = adapter_tokens(a);
    if (names->len != 1) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s is saved with one word, and there are %u"), a->method->title, names->len);
        return false;
    }
    return adapter_token_save(a, names->pdata[0], path, error);
}

// A hint encoder alone, in one file.
static bool save_extras(struct adapter *a, const char *path, struct task *task, GError **error)
{
    if (!g_str_has_suffix(path, ".safetensors")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s: a hint encoder alone is a file that ends in .safetensors"), path);
        return false;
    }
    struct st_writer *w = adapter_writer(a);
    const bool ok = st_writer_save(w, path, task, error);
    st_writer_free(w);
    return ok && verify(a, path, error);
}

bool adapter_save(struct adapter *a, const char *path, struct task *task, GError **error)
{
    if (a->method->words_alone && a->extras->len) {
        return save_extras(a, path, task, error);
    }
    if (a->method->words_alone) {
        return save_word(a, path, error);
    }
    const struct adapter_dialect *dialect = dialect_for(a);
    if (!dialect) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is in a form that this program reads but cannot write as it is"),
                    a->name);
        return false;
    }
    return save_in(a, dialect, path, task, error);
}

// ---- in another dialect -------------------------------------------------------------------------

#define DEFAULT_RANK 16

bool adapter_is_of_one_network(const struct adapter *a)
{
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i], *first = a->params->pdata[0];
        if (!g_str_equal(p->part, first->part)) {
            return false;
        }
    }
    return true;
}

static bool has_place(const struct adapter *a)
{
    bool any = false;
    for (guint i = 0; i < a->params->len; i++) {
        any = any || lora_has_place(((const struct adapter_param *)a->params->pdata[i])->weight);
    }
    return any;
}

// other: update_other_way() of it.
static enum dialect_way way_of(const struct adapter_dialect *d, const struct adapter *a,
                               const struct adapter *other)
{
    if (!d->write) {
        return DIALECT_NOTHING;
    }
    if (d->holds(a)) {
        return DIALECT_EXACT;
    }
    if (other && d->holds(other)) {
        return DIALECT_AT_ONE;
    }
    switch (d->converts) {
    case DIALECT_LOW_RANK:
        return has_place(a) && (!d->one_network || adapter_is_of_one_network(a)) ? DIALECT_LOW_RANK
                                                                                 : DIALECT_NOTHING;
    case DIALECT_AT_ONE: return update_is_linear(a) ? DIALECT_EXACT : DIALECT_AT_ONE;
    default: return DIALECT_NOTHING;
    }
}

enum dialect_way *adapter_dialect_ways(const struct adapter *a)
{
    struct adapter *other = update_other_way(a);
    g_autoptr(GArray) ways = g_array_new(FALSE, FALSE, sizeof(enum dialect_way));
    for (int i = 0; adapter_dialect_table[i]; i++) {
        const enum dialect_way way = way_of(adapter_dialect_table[i], a, other);
        g_array_append_val(ways, way);
    }
    adapter_free(other);
    return (enum dialect_way *)g_array_free(g_steal_pointer(&ways), FALSE);
}

static const struct adapter_dialect *find_dialect(const char *name, GError **error)
{
    const struct adapter_dialect *d = adapter_dialect_find(name);
    if (!d || !d->write) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    d ? _("files of the dialect %s are only read")
                      : _("there is no dialect named %s (adapter dialects lists them)"),
                    name);
        return NULL;
    }
    return d;
}

static void refuse(const struct adapter_dialect *d, const struct adapter *a, GError **error)
{
    if (d->one_network && !adapter_is_of_one_network(a)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is for one network, and %s changes several"), d->title, a->name);
    } else if (!has_place(a) && d->converts == DIALECT_LOW_RANK) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s changes nothing that a low-rank update can express"), a->name);
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s cannot express %s, which is %s; a low-rank update near to it can be "
                      "written as kohya, diffusers or peft, its exact difference as dense"),
                    d->title, a->name, a->method->title);
    }
}

static bool save_converted(struct adapter *a, const struct adapter_dialect *d, int rank,
                           const char *path, struct adapter_written *w, adapter_near_fn near,
                           void *data, struct task *task, GError **error)
{
    w->rank = d->converts == DIALECT_AT_ONE ? 0 : rank > 0 ? rank : DEFAULT_RANK;
    const double scale = a->scale;
    const bool enabled = a->enabled;
    a->scale = 1;
    a->enabled = true;
    struct adapter *b = adapter_converted(&a, 1, w->rank, &w->left_out, task, error);
    a->scale = scale;
    a->enabled = enabled;
    if (!b) {
        return false;
    }
    note(b->metadata, "tincture.converted_from", "%s", a->method->name);
    const char *origins = g_hash_table_lookup(a->metadata, ADAPTER_ORIGINS);
    if (origins) {
        note(b->metadata, ADAPTER_ORIGINS, "%s", origins);
    }
    if (w->rank > 0) {
        note(b->metadata, ADAPTER_APPROXIMATION, "rank %d, relative error %.3g at strength 1",
             w->rank, w->left_out);
        if (near) {
            near(w, data);
        }
    }
    const bool ok = save_in(b, d, path, task, error);
    adapter_free(b);
    return ok;
}

// Without the extras, which no other program reads.
static bool save_held(struct adapter *a, const struct adapter_dialect *d, const char *path,
                      struct task *task, GError **error)
{
    GPtrArray *extras = a->extras;
    a->extras = g_ptr_array_new();
    const bool ok = save_in(a, d, path, task, error);
    g_ptr_array_unref(a->extras);
    a->extras = extras;
    return ok;
}

bool adapter_export(struct adapter *a, const char *dialect, int rank, const char *path,
                    struct adapter_written *written, adapter_near_fn near, void *data,
                    struct task *task, GError **error)
{
    const struct adapter_dialect *d = find_dialect(dialect, error);
    if (!d) {
        return false;
    }
    struct adapter *other = update_other_way(a);
    const enum dialect_way way = way_of(d, a, other);
    *written = (struct adapter_written){.at_one = way == DIALECT_AT_ONE,
                                        .without_hints = a->extras->len > 0};
    bool ok = way != DIALECT_NOTHING;
    if (!ok) {
        refuse(d, a, error);
    } else if (!check_place(d, path, error)) {
        ok = false;
    } else if (d->holds(a) && (rank == 0 || adapter_largest_rank(a) <= rank)) {
        ok = save_held(a, d, path, task, error);
    } else if (other && d->holds(other)) {
        ok = save_held(other, d, path, task, error);
    } else {
        ok = save_converted(a, d, rank, path, written, near, data, task, error);
    }
    adapter_free(other);
    return ok;
}
