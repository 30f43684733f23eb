#include "compute/model/vae_source.h"

#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/model/load.h"
#include "compute/model/single_file.h"

// Ways to the autoencoder's names in a file, tried in this order.
static const char *const prefixes[] = {"first_stage_model.", "vae.", ""};

static bool has(const struct st_file *f, const char *prefix, const char *name)
{
    g_autofree char *whole = g_strconcat(prefix, name, NULL);
    return st_find(f, whole) != NULL;
}

static bool find_in_file(struct vae_source *s, const char *path, GError **error)
{
    struct st_file *f = st_open(path, error);
    if (!f) {
        return false;
    }
    for (size_t i = 0; !s->path && i < G_N_ELEMENTS(prefixes); i++) {
        const bool original = has(f, prefixes[i], "encoder.down.0.block.0.conv1.weight");
        if (original || has(f, prefixes[i], "encoder.down_blocks.0.resnets.0.conv1.weight")) {
            *s = (struct vae_source){
                .path = g_strdup(path), .prefix = g_strdup(prefixes[i]), .original = original};
        }
    }
    st_free(f);
    if (!s->path) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s holds no autoencoder of Stable Diffusion"), path);
    }
    return s->path != NULL;
}

bool vae_source_find(struct vae_source *s, const char *path, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        return find_in_file(s, path, error);
    }
    g_autofree char *within = g_build_filename(path, MODEL_VAE, NULL);
    const char *folder = file_exists_in(path, "config.json") ? path : within;
    if (!file_exists_in(folder, "config.json")) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("%s has no config.json, and no folder vae that has one"), path);
        return false;
    }
    *s = (struct vae_source){.path = g_strdup(folder), .folder = true};
    return true;
}

void vae_source_clear(struct vae_source *s)
{
    g_clear_pointer(&s->path, g_free);
    g_clear_pointer(&s->prefix, g_free);
}

// A configuration beside a file in the folders' layout, which was taken out of its folder with it.
static JsonObject *read_config(const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "config.json", NULL);
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, path, error);
    return root ? json_object_ref(json_node_get_object(root)) : NULL;
}

JsonObject *vae_source_config(const struct vae_source *s, GError **error)
{
    if (s->folder) {
        return read_config(s->path, error);
    }
    g_autofree char *folder = g_path_get_dirname(s->path);
    if (!s->original && !*s->prefix && file_exists_in(folder, "config.json")) {
        return read_config(folder, error);
    }
    return single_file_vae_config(s->path, s->prefix, s->original, error);
}
