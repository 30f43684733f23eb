// Controls: files of hint networks, with the adapter that some have beside them, and the hints that
// a photo gives of itself.
#include "ui/core/engine.h"

#include "compute/file/safetensors.h"
#include "compute/i18n.h"
#include "compute/replace.h"
#include "render/file.h"
#include "render/hint.h"
#include "ui/core/paths.h"

#include <math.h>
#include <string.h>

#define FOLDER "controls" // in the model's folder, and in the user's
#define CANNY  "canny"
#define ENDING ".safetensors"

static void control_free(struct engine_control *c)
{
    hint_net_free(c->net);
    adapter_free(c->adapter);
    g_free(c);
}

GHashTable *engine_controls_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)control_free);
}

// A number of the file's metadata within the range of its setting, else the usual one.
static double number(const struct hint_net *net, const char *key, double most, double usual)
{
    const char *text = g_hash_table_lookup(net->metadata, key);
    const double value = text ? g_ascii_strtod(text, NULL) : NAN;
    return value >= 0 && value <= most ? value : usual;
}

// A control of edges says so; of a ControlNet it is in the name.
static void read_kind(struct engine_control *c)
{
    const char *kind = g_hash_table_lookup(c->net->metadata, HINT_META);
    g_autofree char *name = g_ascii_strdown(c->net->name, -1);
    c->of_edges = kind ? g_str_equal(kind, CANNY) : strstr(name, CANNY) != NULL;
    c->edges = (struct edges_params){
        .sigma = number(c->net, HINT_META ".sigma", 16, edges_usual.sigma),
        .low = number(c->net, HINT_META ".low", 2000, edges_usual.low),
        .high = number(c->net, HINT_META ".high", 2000, edges_usual.high),
    };
}

const struct engine_control *engine_control(struct engine *e, const char *path, struct task *task,
                                            GError **error)
{
    struct engine_control *c = g_hash_table_lookup(e->controls, path);
    if (c) {
        return c;
    }
    struct hint_net *net = hint_net_load(path, e->model, task, error);
    if (!net) {
        return NULL;
    }
    c = g_new0(struct engine_control, 1);
    c->net = net;
    if (net->has_adapter && !(c->adapter = adapter_load(path, e->model, error))) {
        control_free(c);
        return NULL;
    }
    read_kind(c);
    g_hash_table_insert(e->controls, g_strdup(path), c);
    return c;
}

// ---- a person's own -----------------------------------------------------------------------------

static bool is_same(const char *path, const char *data, gsize size)
{
    GMappedFile *file = g_mapped_file_new(path, FALSE, NULL);
    const bool same = file && g_mapped_file_get_length(file) == size &&
                      memcmp(g_mapped_file_get_contents(file), data, size) == 0;
    g_clear_pointer(&file, g_mapped_file_unref);
    return same;
}

static char *own_folder(const struct engine *e)
{
    g_autofree char *data = paths_data();
    return e->own_controls ? g_strdup(e->own_controls) : g_build_filename(data, FOLDER, NULL);
}

char *engine_take_control(struct engine *e, const char *path, struct task *task, GError **error)
{
    const bool whole = g_file_test(path, G_FILE_TEST_IS_DIR); // a folder, called as its file then
    g_autofree char *file = whole ? g_build_filename(path, HINT_NET_FILE, NULL) : g_strdup(path);
    g_autofree char *folder = own_folder(e), *base = g_path_get_basename(path);
    g_autofree char *copy = g_strconcat(folder, G_DIR_SEPARATOR_S, base, whole ? ENDING : "", NULL);
    struct hint_net *net = hint_net_load(path, e->model, task, error);
    struct st_file *f = net ? st_open(file, error) : NULL;
    gsize size = 0;
    const char *data = f ? g_bytes_get_data(f->bytes, &size) : NULL;
    g_mkdir_with_parents(folder, 0755);
    char *name = NULL;
    if (f && g_file_test(copy, G_FILE_TEST_EXISTS) && !is_same(copy, data, size)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s: there is another control of that name; it is %s"), path, copy);
    } else if (f && (is_same(copy, data, size) || replacement_whole(copy, data, size, error))) {
        name = g_strdup(net->name);
    }
    st_free(f);
    hint_net_free(net);
    return name;
}

// ---- that of a model's edges --------------------------------------------------------------------

static bool says_edges(GHashTable *metadata)
{
    const char *kind = g_hash_table_lookup(metadata, HINT_META);
    return kind && g_str_equal(kind, CANNY);
}

// By its metadata: most files of such folders are for other models, and large.
static bool is_of_edges(const char *path)
{
    struct st_file *f = st_open(path, NULL);
    const bool is = f && says_edges(f->metadata);
    st_free(f);
    return is;
}

// Of a folder; NULL: it has none that fits the model. One that is loaded is not looked at again.
static const struct engine_control *edges_in(struct engine *e, const char *folder,
                                             struct task *task)
{
    g_autoptr(GPtrArray) paths = paths_in(folder, paths_is_safetensors, NULL);
    for (guint i = 0; paths && i < paths->len; i++) {
        const char *path = paths->pdata[i];
        const struct engine_control *c = g_hash_table_lookup(e->controls, path);
        if (!c && is_of_edges(path)) {
            c = engine_control(e, path, task, NULL);
        }
        if (c && says_edges(c->net->metadata)) {
            return c;
        }
    }
    return NULL;
}

const struct engine_control *engine_edges_control(struct engine *e, struct task *task)
{
    g_autofree char *own = own_folder(e);
    g_autofree char *of_model = g_build_filename(e->model->path, FOLDER, NULL);
    const struct engine_control *c = edges_in(e, own, task);
    return c ? c : edges_in(e, of_model, task);
}

// ---- hints --------------------------------------------------------------------------------------

float *engine_edges_hint(const struct engine_control *c, const float *rgb, int width, int height)
{
    return hint_from_edges(rgb, width, height, &c->edges);
}

float *engine_file_hint(const struct photo *p, const struct image_region *region,
                        const struct image *hint, int width, int height, GError **error)
{
    struct image_region part = {0, 0, hint->width, hint->height};
    if (p) {
        part = engine_region_on(p, hint, region);
    }
    return hint_from_picture(hint, &part, width, height, error);
}

// Of a person's own first. NULL with a sentence: there is none of that name.
static char *find_control(const struct engine *e, const char *name, GError **error)
{
    g_autofree char *own = own_folder(e);
    g_autofree char *mine = g_build_filename(own, name, NULL);
    g_autofree char *its = g_build_filename(e->model->path, FOLDER, name, NULL);
    if (g_file_test(mine, G_FILE_TEST_EXISTS)) {
        return g_steal_pointer(&mine);
    }
    if (g_file_test(its, G_FILE_TEST_EXISTS)) {
        return g_steal_pointer(&its);
    }
    g_set_error(
        error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
        _("the control %s is not in the folder %s any more; put it back, or choose another"), name,
        own);
    return NULL;
}

static float *picture_hint(const char *path, const struct photo *p,
                           const struct image_region *region, int width, int height, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *image = image_load_whole(file, NULL, error);
    float *hint = image ? engine_file_hint(p, region, image, width, height, error) : NULL;
    if (!hint) {
        g_prefix_error(error, _("the hint %s cannot be used: "), path);
    }
    image_free(image);
    return hint;
}

bool engine_lead(struct engine *e, const struct lead *lead, const struct photo *p,
                 const struct image_region *region, struct edit_hint *hint, struct task *task,
                 GError **error)
{
    const float *rgb;
    int width, height;
    *hint = (struct edit_hint){0};
    if (!lead->control) {
        return true;
    }
    g_autofree char *path = find_control(e, lead->control, error);
    const struct engine_control *c = path ? engine_control(e, path, task, error) : NULL;
    if (!c || !engine_see(e, p, region, &rgb, &width, &height, error)) {
        return false;
    }
    if (!lead->hint && !c->of_edges) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s does not say that its hints are edges; choose a picture for its hint"),
                    c->net->name);
        return false;
    }
    *hint = (struct edit_hint){.net = c->net, .strength = lead->strength};
    hint->picture = lead->hint ? picture_hint(lead->hint, p, region, width, height, error)
                               : engine_edges_hint(c, rgb, width, height);
    return hint->picture != NULL;
}

// ---- runs ---------------------------------------------------------------------------------------

// The control of a network; NULL: it is of none.
static const struct engine_control *control_of(const struct engine *e, const struct hint_net *net)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, e->controls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct engine_control *c = value;
        if (c->net == net) {
            return c;
        }
    }
    return NULL;
}

struct edit_result *engine_run(struct engine *e, const struct edit_request *request,
                               struct task *task, GError **error)
{
    const struct edit_hint *hint = request->hint;
    const struct engine_control *c = hint ? control_of(e, hint->net) : NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_copy(e->in_use, NULL, NULL);
    if (c && c->adapter) {
        c->adapter->scale = hint->strength;
        g_ptr_array_add(list, c->adapter);
    }
    return editor_set_adapters(e->editor, (struct adapter **)list->pdata, (int)list->len, task,
                               error)
               ? editor_run(e->editor, request, task, error)
               : NULL;
}

struct edit_result *engine_run_led(struct engine *e, struct edit_request request, struct task *task,
                                   GError **error)
{
    const struct settings *s = request.settings;
    const double strength =
        settings_find(s, "keep_edges", NULL) ? settings_get(s, "keep_edges") : 0;
    if (request.hint || strength <= 0) {
        return engine_run(e, &request, task, error);
    }
    const struct engine_control *c = engine_edges_control(e, task);
    if (!c) {
        g_autofree char *own = own_folder(e);
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            _("%s has no control of edges, so the edges cannot be kept; train --control makes "
              "one, whose file belongs into the folder %s"),
            e->model->name, own);
        return NULL;
    }
    g_autofree float *picture = engine_edges_hint(c, request.rgb, request.width, request.height);
    const struct edit_hint hint = {c->net, picture, strength};
    request.hint = &hint;
    return engine_run(e, &request, task, error);
}
