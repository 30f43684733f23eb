// Finding, comparing and loading a model's weight files.

#include "compute/model/load.h"

#include "compute/file/hash.h"
#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/model/load_weight.h"
#include "compute/model/single_file.h"
#include "compute/model/tiny.h"
#include "compute/op/op.h"

#include <string.h>

#define MAX_SHARDS 64
#define MAX_LISTED 6 // tensors named in a message; the rest is counted

// ---- files --------------------------------------------------------------------------------------

// Files of a folder that hold its weights: a stem, for a variant its name, and the ending; or the
// index of its shards. Variants in order of preference: what has more digits goes first, and the
// averaged weights, which are what a model is used with, before those that training goes on from.
static const char *const stems[] = {"diffusion_pytorch_model", "model"};
static const char *const variants[] = {"", ".fp32", ".fp16", ".bf16", ".ema", ".non_ema"};

static gint compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// A shard is a file of the same folder, whatever the index says.
static bool is_shard_name(const char *name)
{
    return g_str_has_suffix(name, ".safetensors") && *name != '.' && !strchr(name, '/');
}

// The distinct files that an index names, sorted.
static GPtrArray *read_index(const char *folder, const char *name, GError **error)
{
    char *path = g_build_filename(folder, name, NULL);
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, error);
    g_free(path);
    if (!root) {
        return NULL;
    }
    GPtrArray *shards = g_ptr_array_new_with_free_func(g_free);
    JsonNode *node = json_object_get_member(json_node_get_object(root), "weight_map");
    GList *values = node && JSON_NODE_HOLDS_OBJECT(node)
                        ? json_object_get_values(json_node_get_object(node))
                        : NULL;
    bool ok = values != NULL;
    for (GList *v = values; ok && v; v = v->next) {
        const char *shard =
            json_node_get_value_type(v->data) == G_TYPE_STRING ? json_node_get_string(v->data) : "";
        char *shard_path = g_build_filename(folder, shard, NULL);
        ok = is_shard_name(shard);
        if (!ok || g_ptr_array_find_with_equal_func(shards, shard_path, g_str_equal, NULL)) {
            g_free(shard_path);
        } else {
            g_ptr_array_add(shards, shard_path);
            ok = shards->len <= MAX_SHARDS;
        }
    }
    g_list_free(values);
    if (!ok) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s/%s does not name safetensors files of its own folder"), folder, name);
        g_ptr_array_unref(shards);
        return NULL;
    }
    g_ptr_array_sort(shards, compare_text);
    return shards;
}

bool file_exists_in(const char *folder, const char *name)
{
    char *path = g_build_filename(folder, name, NULL);
    bool exists = g_file_test(path, G_FILE_TEST_IS_REGULAR);
    g_free(path);
    return exists;
}

// The file, or the index, of a variant, where it is there; NULL. index: which of the two.
static char *variant_name(const char *folder, const char *stem, const char *variant, bool *index)
{
    const struct {
        const char *before, *after;
        bool index;
    } forms[] = {{".safetensors", "", false},
                 {".safetensors.index.json", "", true},
                 {".safetensors.index", ".json", true}};
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        const bool inside = *forms[i].after != '\0'; // "….safetensors.index.fp16.json"
        char *name = inside ? g_strconcat(stem, forms[i].before, variant, forms[i].after, NULL)
                            : g_strconcat(stem, variant, forms[i].before, NULL);
        if (file_exists_in(folder, name)) {
            *index = forms[i].index;
            return name;
        }
        g_free(name);
    }
    return NULL;
}

// All that are there, the preferred one first; index: whether that is one.
static GPtrArray *variants_in(const char *folder, bool *index)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(stems); k++) {
            bool is_index = false;
            char *name = variant_name(folder, stems[k], variants[i], &is_index);
            if (name) {
                *index = names->len ? *index : is_index;
                g_ptr_array_add(names, name);
            }
        }
    }
    return names;
}

// A part's folder; newly allocated.
static char *part_folder(const struct model *m, const char *part)
{
    const bool other = m->vae_from.path && g_str_equal(part, MODEL_VAE);
    return other ? g_strdup(m->vae_from.path) : g_build_filename(m->path, part, NULL);
}

GPtrArray *weights_in_folder(const char *folder, const char *expected, GError **error)
{
    bool index = false;
    g_autoptr(GPtrArray) names = variants_in(folder, &index);
    if (names->len && index) {
        return read_index(folder, names->pdata[0], error);
    }
    if (names->len) {
        GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(paths, g_build_filename(folder, names->pdata[0], NULL));
        return paths;
    }
    if (file_exists_in(folder, "diffusion_pytorch_model.bin") ||
        file_exists_in(folder, "pytorch_model.bin")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s holds its weights only as .bin, a format that can carry programs; "
                      "convert them to "
                      "safetensors"),
                    folder);
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("%s has no weight file (%s)"),
                    folder, expected);
    }
    return NULL;
}

// Paths of the part's weight files in a model folder.
static GPtrArray *find_in_folder(const struct model *m, const char *part, GError **error)
{
    g_autofree char *folder = part_folder(m, part);
    return weights_in_folder(folder,
                             g_str_equal(part, MODEL_TEXT) ? "model.safetensors"
                                                           : "diffusion_pytorch_model.safetensors",
                             error);
}

char *model_part_files(const struct model *m, const char *part)
{
    const char *file =
        g_str_equal(part, MODEL_VAE) && m->vae_from.path ? m->vae_from.path : m->path;
    if (single_file_holds(m, part)) {
        return g_path_get_basename(file);
    }
    g_autofree char *folder = part_folder(m, part);
    bool index;
    g_autoptr(GPtrArray) names = variants_in(folder, &index);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++) {
        g_string_append(text, i == 0 ? "" : i == 1 ? _(", not ") : ", ");
        g_string_append(text, names->pdata[i]);
    }
    return g_string_free(text, FALSE);
}

// Whether it is its maker's file.
static bool tiny_is_file(const struct model *m)
{
    return !g_file_test(m->tiny_path, G_FILE_TEST_IS_DIR);
}

static GPtrArray *find_tiny(const struct model *m, GError **error)
{
    if (!tiny_is_file(m)) {
        return weights_in_folder(m->tiny_path, "diffusion_pytorch_model.safetensors", error);
    }
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(paths, g_strdup(m->tiny_path));
    return paths;
}

static GPtrArray *find_files(const struct model *m, const char *part, GError **error)
{
    if (g_str_equal(part, MODEL_TINY)) {
        return find_tiny(m, error);
    }
    if (!single_file_holds(m, part)) {
        return find_in_folder(m, part, error);
    }
    const bool other = m->vae_from.path && g_str_equal(part, MODEL_VAE);
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(paths, g_strdup(other ? m->vae_from.path : m->path));
    return paths;
}

// ---- opening ------------------------------------------------------------------------------------

static bool find_same(const void *data, const struct nn_part *part, const struct st_file *file,
                      const char *name, struct st_tensor *t)
{
    const struct st_tensor *found = st_find(file, name);
    if (found) {
        *t = *found;
    }
    return found != NULL;
}

static const char *member_same(const void *data, const struct nn_part *part, const char *name)
{
    return name;
}

const struct weight_names weight_names_same = {find_same, member_same, NULL};

static bool find_in_whole(const void *model, const struct nn_part *part, const struct st_file *file,
                          const char *name, struct st_tensor *t)
{
    return single_file_find(model, part->name, file, name, t);
}

static bool find_in_tiny(const void *model, const struct nn_part *part, const struct st_file *file,
                         const char *name, struct st_tensor *t)
{
    return tiny_find_tensor(file, name, t);
}

static const char *member_of_whole(const void *model, const struct nn_part *part, const char *name)
{
    return single_file_member(model, part->name, name);
}

struct weights *weights_open_files(const GPtrArray *files, struct nn_part *part,
                                   const struct weight_names *names, GError **error)
{
    struct weights *w = g_new0(struct weights, 1);
    w->part = part;
    w->names = *names;
    w->files = g_ptr_array_new_with_free_func((GDestroyNotify)st_free);
    for (guint i = 0; i < files->len; i++) {
        struct st_file *file = st_open(files->pdata[i], error);
        if (!file) {
            weights_free(w);
            return NULL;
        }
        g_ptr_array_add(w->files, file);
    }
    return w;
}

struct weights *weights_open(struct model *m, struct nn_part *part, GError **error)
{
    const struct weight_names whole = {find_in_whole, member_of_whole, m},
                              tiny = {find_in_tiny, member_same, m};
    const bool is_tiny = g_str_equal(part->name, MODEL_TINY);
    GPtrArray *paths = find_files(m, part->name, error);
    if (!paths) {
        return NULL;
    }
    const struct weight_names *names = is_tiny ? (tiny_is_file(m) ? &tiny : &weight_names_same)
                                       : single_file_holds(m, part->name) ? &whole
                                                                          : &weight_names_same;
    struct weights *w = weights_open_files(paths, part, names, error);
    g_ptr_array_unref(paths);
    return w;
}

void weights_free(struct weights *w)
{
    if (w) {
        g_ptr_array_unref(w->files);
        g_free(w);
    }
}

// ---- names --------------------------------------------------------------------------------------

static bool find_exact(const struct weights *w, const char *name, struct st_tensor *t)
{
    for (guint i = 0; i < w->files->len; i++) {
        if (w->names.find(w->names.data, w->part, w->files->pdata[i], name, t)) {
            return true;
        }
    }
    return false;
}

// The entry of what the networks call `name`, also under the name that older or newer writers gave
// it; a copy, because of a file it may be a part only.
static bool find_weight(const struct weights *w, const char *name, struct st_tensor *t)
{
    static const char *const old_attention[][2] = {{".to_q.", ".query."},
                                                   {".to_k.", ".key."},
                                                   {".to_v.", ".value."},
                                                   {".to_out.0.", ".proj_attn."}};
    bool found = find_exact(w, name, t);
    if (!found && g_str_has_prefix(name, "text_model.")) {
        found = find_exact(w, name + strlen("text_model."), t);
    }
    for (size_t i = 0; !found && i < G_N_ELEMENTS(old_attention); i++) {
        const char *at = strstr(name, old_attention[i][0]);
        if (at) {
            char *old = g_strdup_printf("%.*s%s%s", (int)(at - name), name, old_attention[i][1],
                                        at + strlen(old_attention[i][0]));
            found = find_exact(w, old, t);
            g_free(old);
        }
    }
    return found;
}

// Tensors that other programs keep in such files and that no network here reads.
static bool is_ignorable(const char *part, const char *name)
{
    static const char *const prefixes[] = {"text_projection", "logit_scale", "vision_model.",
                                           "visual_projection", "model_ema."};
    if (g_str_has_suffix(name, "position_ids")) {
        return true;
    }
    if ((g_str_equal(part, MODEL_ALPHA) || g_str_equal(part, MODEL_TINY)) &&
        (g_str_has_prefix(name, "encoder.") || g_str_has_prefix(name, "quant_conv."))) {
        return true; // saved as a whole autoencoder
    }
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (g_str_has_prefix(name, prefixes[i])) {
            return true;
        }
    }
    return false;
}

// ---- comparing ----------------------------------------------------------------------------------

int weights_file_shape(const struct nn_weight *w, int64_t shape[GRAPH_RANK])
{
    const int *s = w->shape;
    switch (w->rank) {
    case 1: shape[0] = s[3]; break;
    case 2:
        shape[0] = s[2];
        shape[1] = s[3];
        break;
    default: // (O,ky,kx,I) is stored as (O,I,ky,kx)
        shape[0] = s[0];
        shape[1] = s[3];
        shape[2] = s[1];
        shape[3] = s[2];
    }
    return w->rank;
}

// Equal, or equal but for sizes of 1 at the end: a 1x1 convolution and a linear layer are the same
// matrix.
static bool fits(const struct nn_weight *w, const struct st_tensor *t)
{
    int64_t shape[GRAPH_RANK];
    int rank = weights_file_shape(w, shape);
    for (int i = 0; i < MAX(rank, t->rank); i++) {
        if ((i < rank ? shape[i] : 1) != (i < t->rank ? t->shape[i] : 1)) {
            return false;
        }
    }
    return true;
}

static char *shape_text(int rank, const int64_t *shape)
{
    GString *text = g_string_new(rank ? NULL : _("a single number"));
    for (int i = 0; i < rank; i++) {
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i ? " x " : "", shape[i]);
    }
    return g_string_free(text, FALSE);
}

enum fault { MISSING, ODD, SURPLUS };

// "3 missing (a, b, c)"; nothing where the list is empty.
static void append_group(GString *report, const GPtrArray *names, enum fault fault)
{
    if (names->len == 0) {
        return;
    }
    const bool first = g_str_has_suffix(report->str, ": ");
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < MIN(names->len, MAX_LISTED); i++) {
        g_string_append_printf(list, "%s%s", i ? ", " : "", (char *)names->pdata[i]);
    }
    g_string_append(list, names->len > MAX_LISTED ? ", ..." : "");
    g_string_append(report, first ? "" : ", ");
    switch (fault) {
    case MISSING:
        g_string_append_printf(report, _("%u missing (%s)"), names->len, list->str);
        break;
    case ODD:
        g_string_append_printf(report, _("%u of another shape (%s)"), names->len, list->str);
        break;
    case SURPLUS:
        g_string_append_printf(report, _("%u without a layer (%s)"), names->len, list->str);
        break;
    }
}

static void compare_needed(const struct weights *w, GHashTable *used, GPtrArray *missing,
                           GPtrArray *odd)
{
    for (guint i = 0; i < w->part->weights->len; i++) {
        const struct nn_weight *weight = w->part->weights->pdata[i];
        struct st_tensor t;
        if (!find_weight(w, weight->name, &t)) {
            g_ptr_array_add(missing, g_strdup(weight->name));
            continue;
        }
        g_hash_table_add(used, t.name);
        if (!fits(weight, &t)) {
            int64_t shape[GRAPH_RANK];
            char *want = shape_text(weights_file_shape(weight, shape), shape),
                 *have = shape_text(t.rank, t.shape);
            g_ptr_array_add(odd, g_strdup_printf(_("%s: %s instead of %s"), t.name, have, want));
            g_free(want);
            g_free(have);
        }
    }
}

static void list_surplus(const struct weights *w, GHashTable *used, GPtrArray *surplus)
{
    for (guint i = 0; i < w->files->len; i++) {
        const struct st_file *file = w->files->pdata[i];
        for (guint j = 0; j < file->tensors->len; j++) {
            const struct st_tensor *t = file->tensors->pdata[j];
            const char *name = w->names.member(w->names.data, w->part, t->name);
            if (name && !g_hash_table_contains(used, t->name) &&
                !is_ignorable(w->part->name, name)) {
                g_ptr_array_add(surplus, g_strdup(t->name));
            }
        }
    }
}

void weights_check(const struct weights *w, GString *report, GString *notes)
{
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) odd = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) surplus = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
    compare_needed(w, used, missing, odd);
    list_surplus(w, used, surplus);
    const bool fault = missing->len || odd->len;
    GString *to = fault ? report : notes;
    if (fault || surplus->len) {
        g_string_append_printf(to, "%s%s: ", to->len ? "; " : "", w->part->name);
        append_group(to, missing, MISSING);
        append_group(to, odd, ODD);
        append_group(to, surplus, SURPLUS);
    }
}

// ---- loading ------------------------------------------------------------------------------------

uint64_t weights_bytes(const struct weights *w, const struct gpu *gpu)
{
    const bool halves = op_takes_halves(gpu_info(gpu));
    uint64_t bytes = 0;
    for (guint i = 0; i < w->part->weights->len; i++) {
        const struct nn_weight *weight = w->part->weights->pdata[i];
        struct st_tensor t;
        if (find_weight(w, weight->name, &t)) {
            bytes += shape_bytes(weight->shape, weight_rest_dtype(weight, &t, halves));
        }
    }
    return bytes;
}

static int64_t largest_count(const struct nn_part *part)
{
    int64_t count = 0;
    for (guint i = 0; i < part->weights->len; i++) {
        const struct nn_weight *w = part->weights->pdata[i];
        count = MAX(count, shape_count(w->shape));
    }
    return count;
}

bool weights_check_memory(const struct gpu *gpu, const char *name, uint64_t need, GError **error)
{
    uint64_t have = gpu_memory_free(gpu);
    if (need <= have) {
        return true;
    }
    g_autofree char *need_text = g_format_size_full(need, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *have_text = g_format_size_full(have, G_FORMAT_SIZE_IEC_UNITS);
    if (gpu_memory_limit(gpu) > 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                    _("loading %s needs %s of memory, and %s is left of the limit of %.0f MiB "
                      "that was set"),
                    name, need_text, have_text, gpu_memory_limit(gpu));
        return false;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                _("loading %s needs %s of memory, and only %s is free"), name, need_text,
                have_text);
    return false;
}

bool weights_load(const struct weights *w, struct gpu *gpu, struct load_progress *progress,
                  struct task *task, GError **error)
{
    struct nn_part *p = w->part;
    const bool halves = op_takes_halves(gpu_info(gpu));
    g_autofree float *staging = g_new(float, largest_count(p));
    bool ok = true;
    for (guint i = 0; ok && i < p->weights->len; i++) {
        struct nn_weight *weight = p->weights->pdata[i];
        struct st_tensor t;
        ok = find_weight(w, weight->name, &t) && !task_cancelled(task, error) &&
             weight_load(gpu, weight, &t, halves, staging, error);
        if (ok) {
            progress->done += shape_bytes(weight->shape, weight->tensor->dtype);
            task_report(task, TASK_LOADING_MODEL, (double)progress->done / progress->total);
        }
    }
    return ok;
}

char *weights_hash(const struct model *m, const char *part, struct task *task, GError **error)
{
    GPtrArray *paths = find_files(m, part, error);
    if (!paths) {
        return NULL;
    }
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    char *hash = NULL;
    for (guint i = 0; i < paths->len; i++) {
        g_free(hash);
        hash = file_sha256_kept(paths->pdata[i], task, error);
        if (!hash) {
            break;
        }
        g_checksum_update(sum, (const guchar *)hash, -1);
    }
    if (hash && paths->len > 1) {
        g_free(hash);
        hash = g_strdup(g_checksum_get_string(sum));
    }
    g_checksum_free(sum);
    g_ptr_array_unref(paths);
    return hash;
}
