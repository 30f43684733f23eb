#include "tests/fuzz/pieces.h"

#include "compute/model/model.h"
#include "tests/temp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder;

static void remove_folder(void)
{
    remove_tree(folder);
}

// Nothing here waits for the disk: no g_file_set_contents, no file that is cut and written again,
// which some file systems put on the disk when it is closed, and no SQLite that does.
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

static void write_piece(const char *path, const uint8_t *data, size_t size)
{
    g_remove(path);
    FILE *file = g_fopen(path, "wb");
    g_assert_true(file && (size == 0 || fwrite(data, size, 1, file) == 1) && fclose(file) == 0);
}

static void make_folder(const char *const *names)
{
    folder = g_dir_make_tmp("tincture-fuzz-XXXXXX", NULL);
    atexit(remove_folder);
    for (; *names; names++) {
        g_autofree char *path = g_build_filename(folder, *names, NULL);
        g_autofree char *parent = g_path_get_dirname(path);
        g_mkdir_with_parents(parent, 0700);
    }
}

const char *fuzz_folder(const uint8_t *data, size_t size, const char *const *names)
{
    if (!folder) {
        make_folder(names);
    }
    for (; *names; names++) {
        const uint8_t *nul = size > 0 && names[1] ? memchr(data, 0, size) : NULL;
        const size_t piece = nul ? (size_t)(nul - data) : size;
        g_autofree char *path = g_build_filename(folder, *names, NULL);
        if (size > 0) {
            write_piece(path, data, piece);
        } else {
            g_remove(path);
        }
        data += nul ? piece + 1 : piece;
        size -= nul ? piece + 1 : piece;
    }
    return folder;
}

// ---- a model ------------------------------------------------------------------------------------

static const struct unet_config unet_config = {
    .in_channels = 4,
    .out_channels = 4,
    .levels = 2,
    .channels = {8, 16},
    .down_attention = {true, false},
    .up_attention = {false, true},
    .mid_attention = true,
    .layers = {2, 2},
    .mid_resnets = 2,
    .time_dim = 32,
    .downsample_padding = 1,
    .heads = {2, 2},
    .transformer_layers = {1, 1},
    .cross_dim = 16,
    .groups = 4,
    .eps = 1e-5f,
    .flip_sin_to_cos = true,
    .sample_size = 8,
};

static const struct text_config text_config = {
    .vocab_size = 100,
    .hidden_size = 16,
    .intermediate_size = 40,
    .layers = 2,
    .heads = 2,
    .max_tokens = 77,
    .act = UNARY_QUICK_GELU,
    .eps = 1e-5f,
};

struct model *fuzz_model(void)
{
    static struct model m;
    if (m.parts) {
        return &m;
    }
    m = (struct model){
        .unet = unet_config, .text = text_config, .vae = {.levels = 2}, .name = (char *)"small"};
    m.parts = g_ptr_array_new();
    struct graph *g = graph_new();
    struct nn unet = {.g = g, .part = nn_part_new(MODEL_UNET), .dry = true};
    struct unet_inputs in = {
        .latents = graph_leaf_dry(g, (int[]){1, 8, 8, 4}, "latents"),
        .time = graph_leaf_dry(g, (int[]){1, 1, 1, 8}, "time"),
        .text = graph_leaf_dry(g, (int[]){1, 1, 77, 16}, "text"),
    };
    unet_build(&unet, &m.unet, &in);
    struct nn text = {.g = g, .part = nn_part_new(MODEL_TEXT), .dry = true};
    struct tensor ids = {.shape = {1, 1, 1, 77}, .dtype = DTYPE_I32};
    text_encoder_build(&text, &m.text, graph_leaf(g, &ids));
    graph_free(g);
    unet.part->hash = g_strdup("0");
    g_ptr_array_add(m.parts, unet.part);
    g_ptr_array_add(m.parts, text.part);
    return &m;
}
