// Hint networks from files.
#include "compute/model/hint_net.h"

#include "compute/i18n.h"
#include "compute/model/config.h"
#include "compute/model/controlnet.h"
#include "compute/model/kind.h"
#include "compute/model/load.h"

#include <string.h>

// ---- the hint encoder's names -------------------------------------------------------------------

static bool find_prefixed(const void *data, const struct nn_part *part, const struct st_file *file,
                          const char *name, struct st_tensor *t)
{
    g_autofree char *full = g_strconcat(HINT_ENCODER_PREFIX, name, NULL);
    const struct st_tensor *found = st_find(file, full);
    if (found) {
        *t = *found;
    }
    return found != NULL;
}

static const char *member_prefixed(const void *data, const struct nn_part *part, const char *name)
{
    const size_t length = strlen(HINT_ENCODER_PREFIX);
    return g_str_has_prefix(name, HINT_ENCODER_PREFIX) ? name + length : NULL;
}

static const struct weight_names encoder_names = {find_prefixed, member_prefixed, NULL};

// ---- what a file is -----------------------------------------------------------------------------

#define ENCODER_MARK HINT_ENCODER_PREFIX "conv_in.weight"

// A ControlNet is loaded from files of both layouts, and from folders of diffusers.
static bool is_controlnet(const struct weights_kind *kind)
{
    return kind && kind->sort == CONTROL_WEIGHTS;
}

bool hint_net_is(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        return is_controlnet(weights_kind_of_folder(path));
    }
    struct st_file *f = st_open(path, NULL);
    const bool is = f && (st_find(f, ENCODER_MARK) || is_controlnet(weights_kind_of(f)));
    st_free(f);
    return is;
}

static bool has_others(const struct st_file *f)
{
    for (guint i = 0; i < f->tensors->len; i++) {
        if (!g_str_has_prefix(((const struct st_tensor *)f->tensors->pdata[i])->name,
                              HINT_ENCODER_PREFIX)) {
            return true;
        }
    }
    return false;
}

static void take_metadata(struct hint_net *net, const struct st_file *f)
{
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, f->metadata);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        g_hash_table_replace(net->metadata, g_strdup(key), g_strdup(value));
    }
}

// ---- loading ------------------------------------------------------------------------------------

static bool load(struct hint_net *net, const struct weights *w, struct model *model,
                 struct task *task, GError **error)
{
    g_autoptr(GString) report = g_string_new(NULL), notes = g_string_new(NULL);
    weights_check(w, report, notes);
    if (report->len) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s, a %s, does not fit %s: %s"), net->name, translated(net->kind->title),
                    model->name, report->str);
        return false;
    }
    net->note = notes->len ? g_strdup_printf(_("%s: tensors that were left alone: %s"), net->name,
                                             notes->str)
                           : NULL;
    if (!model->gpu) {
        return true;
    }
    struct load_progress progress = {.total = weights_bytes(w, model->gpu)};
    return weights_check_memory(model->gpu, net->name, progress.total, error) &&
           weights_load(w, model->gpu, &progress, task, error);
}

static bool open_encoder(struct hint_net *net, const struct st_file *f, struct model *model)
{
    if (!st_find(f, ENCODER_MARK)) {
        return false;
    }
    net->kind = &hint_encoder_kind;
    net->stack = hint_encoder_stack(model);
    net->part = hint_encoder_part(model);
    net->has_adapter = has_others(f);
    return true;
}

// One of an original layout, with or without the prefix that its checkpoints have.
static bool open_original(struct hint_net *net, const struct st_file *f, const char **prefix)
{
    static const char *const prefixes[] = {"control_model.", ""};
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        *prefix = prefixes[i];
        if (controlnet_original_stack(f, *prefix, &net->stack)) {
            return true;
        }
    }
    return false;
}

// A hint has as many pixels as the pictures of the model.
static bool check_scale(const struct hint_net *net, const struct model *model, GError **error)
{
    const int have = 1 << (net->stack.count - 1), want = model_latent_factor(model);
    if (have != want) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s, a ControlNet, takes hints of %d times the size of the latents, and the "
                      "pictures of %s have %d times"),
                    net->name, have, model->name, want);
    }
    return have == want;
}

// What the first file's tensors say that it is; names receives how they are called. details: room
// for what those borrow.
static bool open_kind(struct hint_net *net, const struct st_file *f, struct model *model,
                      struct controlnet_names *details, struct weight_names *names, GError **error)
{
    if (open_encoder(net, f, model)) {
        *names = encoder_names;
        return true;
    }
    *details = (struct controlnet_names){NULL, model, &net->stack};
    if (controlnet_stack(f, &net->stack)) {
        *names = weight_names_same;
    } else if (open_original(net, f, &details->prefix)) {
        *names = controlnet_original_names(details);
    } else {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s is no control: it holds neither a hint encoder nor a ControlNet"),
                    f->path);
        return false;
    }
    net->kind = &controlnet_kind;
    net->stack.channels = model->unet.channels[0];
    if (!check_scale(net, model, error)) {
        return false;
    }
    net->part = controlnet_part(model, &net->stack);
    return true;
}

// A folder is one of diffusers.
static GPtrArray *find_files(const char *path, const struct model *model, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        return config_read_controlnet(path, &model->unet, error)
                   ? weights_in_folder(path, HINT_NET_FILE, error)
                   : NULL;
    }
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(paths, g_strdup(path));
    return paths;
}

static struct weights *open_files(struct hint_net *net, const char *path, struct model *model,
                                  struct controlnet_names *details, GError **error)
{
    GPtrArray *paths = find_files(path, model, error);
    struct st_file *f = paths ? st_open(paths->pdata[0], error) : NULL;
    struct weights *w = NULL;
    struct weight_names names;
    if (f && open_kind(net, f, model, details, &names, error)) {
        take_metadata(net, f);
        w = weights_open_files(paths, net->part, &names, error);
    }
    st_free(f);
    g_clear_pointer(&paths, g_ptr_array_unref);
    return w;
}

struct hint_net *hint_net_load(const char *path, struct model *model, struct task *task,
                               GError **error)
{
    static unsigned loads;
    struct hint_net *net = g_new0(struct hint_net, 1);
    net->name = st_name(path);
    net->serial = ++loads;
    net->metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    struct controlnet_names details;
    struct weights *w = open_files(net, path, model, &details, error);
    const bool ok = w && load(net, w, model, task, error);
    weights_free(w);
    if (!ok) {
        g_clear_pointer(&net, hint_net_free);
    }
    return net;
}

void hint_net_free(struct hint_net *net)
{
    if (net) {
        nn_part_free(net->part);
        g_hash_table_unref(net->metadata);
        g_free(net->name);
        g_free(net->note);
        g_free(net);
    }
}
