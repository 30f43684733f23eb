// The matrix comes with the folder, or is fitted once for an autoencoder: a picture of coloured
// rectangles is encoded, and least squares finds the colours (averaged over a latent's pixels) that
// the latents stand for. What was fitted is kept in
//
//   <user cache>/tincture/latent_rgb/<hash of the autoencoder's weight file>.json
//
// and not in the model's folder, which may be read-only or shared with other programs.

#include "compute/model/latent_rgb.h"

#include "compute/gpu/blas.h"
#include "compute/i18n.h"
#include "compute/json_file.h"
#include "compute/replace.h"

#include <errno.h>
#include <math.h>

#define SIDE       16  // latents of the fitted picture: 256 equations for each colour
#define RECTANGLES 200 // enough to cover it several times over
#define SEED       1

// ---- reading ------------------------------------------------------------------------------------

static bool read_row(JsonArray *rows, guint i, float out[3])
{
    JsonNode *node = json_array_get_element(rows, i);
    JsonArray *row = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    if (!row || json_array_get_length(row) != 3) {
        return false;
    }
    for (guint j = 0; j < 3; j++) {
        JsonNode *item = json_array_get_element(row, j);
        GType type = json_node_get_value_type(item);
        double v = json_node_get_double(item); // 0 where it is no number
        if ((type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) || !(fabs(v) <= 1e3)) {
            return false;
        }
        out[j] = (float)v;
    }
    return true;
}

static JsonArray *array_member(JsonObject *root, const char *key)
{
    JsonNode *node = json_object_get_member(root, key);
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static bool read_factors(struct model *m, JsonObject *root)
{
    guint channels = m->vae.latent_channels;
    JsonArray *factors = array_member(root, "factors"), *bias = array_member(root, "bias");
    bool ok = factors && json_array_get_length(factors) == channels && bias;
    for (guint i = 0; ok && i < channels; i++) {
        ok = read_row(factors, i, m->latent_rgb[i]);
    }
    if (ok) {
        JsonArray *rows = json_array_new();
        json_array_add_array_element(rows, json_array_ref(bias));
        ok = read_row(rows, 0, m->latent_rgb[channels]);
        json_array_unref(rows);
    }
    return ok;
}

static bool read_file(struct model *m, const char *path, GError **error)
{
    g_autoptr(JsonNode) root = json_file_read(path, JSON_NODE_OBJECT, "latent_rgb.json", error);
    m->has_latent_rgb = root && read_factors(m, json_node_get_object(root));
    if (root && !m->has_latent_rgb) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    _("latent_rgb.json does not hold three factors for each of %d latent "
                      "channels and a bias"),
                    m->vae.latent_channels);
    }
    return m->has_latent_rgb;
}

bool latent_rgb_read(struct model *m, GError **error)
{
    char *path = g_build_filename(m->path, "latent_rgb.json", NULL);
    bool ok = !g_file_test(path, G_FILE_TEST_EXISTS) || read_file(m, path, error);
    g_free(path);
    return ok;
}

// ---- fitting ------------------------------------------------------------------------------------

// Overlapping rectangles of random size, place and colour.
static void paint(float *picture, int side)
{
    GRand *random = g_rand_new_with_seed(SEED);
    for (int i = 0; i < RECTANGLES; i++) {
        int width = g_rand_int_range(random, side / 16, side / 2);
        int height = g_rand_int_range(random, side / 16, side / 2);
        int left = g_rand_int_range(random, -width / 2, side), right = MIN(left + width, side);
        int top = g_rand_int_range(random, -height / 2, side), bottom = MIN(top + height, side);
        float color[3];
        for (int k = 0; k < 3; k++) {
            color[k] = (float)g_rand_double_range(random, -1, 1);
        }
        for (int y = MAX(top, 0); y < bottom; y++) {
            for (int x = MAX(left, 0); x < right; x++) {
                for (int k = 0; k < 3; k++) {
                    picture[(y * side + x) * 3 + k] = color[k];
                }
            }
        }
    }
    g_rand_free(random);
}

// Mean colour of the pixels of latent (y, x).
static void mean_color(const float *picture, int factor, int y, int x, double out[3])
{
    int side = SIDE * factor;
    for (int k = 0; k < 3; k++) {
        out[k] = 0;
        for (int i = 0; i < factor * factor; i++) {
            int row = y * factor + i / factor, column = x * factor + i % factor;
            out[k] += picture[(row * side + column) * 3 + k];
        }
        out[k] /= factor * factor;
    }
}

// Least squares of the colours over the scaled latent means and a constant.
static void solve(struct model *m, const float *picture, const float *moments)
{
    int channels = m->vae.latent_channels, columns = channels + 1, rows = SIDE * SIDE;
    int factor = model_latent_factor(m);
    double *a = g_new(double, rows *columns), *b = g_new(double, rows * 3);
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < channels; j++) {
            a[i * columns + j] = (double)moments[i * 2 * channels + j] * m->vae.scaling_factor;
        }
        a[i * columns + channels] = 1;
        mean_color(picture, factor, i / SIDE, i % SIDE, b + i * 3);
    }
    m->has_latent_rgb =
        blas()->LAPACKE_dgels(LAPACK_ROW_MAJOR, 'N', rows, columns, 3, a, columns, b, 3) == 0;
    for (int i = 0; m->has_latent_rgb && i < columns * 3; i++) {
        m->latent_rgb[i / 3][i % 3] = (float)b[i];
        m->has_latent_rgb = isfinite(b[i]);
    }
    g_free(a);
    g_free(b);
}

// moments (1,SIDE,SIDE,2c) of the picture.
static bool encode(struct model *m, const float *picture, float *moments, struct task *task,
                   GError **error)
{
    int side = SIDE * model_latent_factor(m);
    struct tensor *input =
        tensor_new(m->gpu, DTYPE_F32, (int[]){1, side, side, 3}, "picture", error);
    if (!input) {
        return false;
    }
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = model_part(m, MODEL_VAE)};
    struct node *out = vae_encoder_build(&nn, &m->vae, graph_leaf(g, input));
    struct program *program = program_new(g, m->gpu, &out, 1, error);
    bool ok = program && tensor_write(input, picture, error) &&
              program_run(program, task_cancellable(task), error) &&
              program_read(program, out, moments, error);
    program_free(program);
    graph_free(g);
    tensor_free(input);
    return ok;
}

bool model_fit_latent_rgb(struct model *m, struct task *task, GError **error)
{
    int side = SIDE * model_latent_factor(m);
    float *picture = g_new0(float, (gsize)side *side * 3);
    float *moments = g_new(float, SIDE *SIDE * 2 * m->vae.latent_channels);
    paint(picture, side);
    bool ok = encode(m, picture, moments, task, error);
    if (ok) {
        solve(m, picture, moments);
    }
    g_free(picture);
    g_free(moments);
    return ok;
}

// ---- keeping ------------------------------------------------------------------------------------

static char *kept_path(struct model *m, struct task *task)
{
    const char *hash = model_hash(m, MODEL_VAE, task, NULL);
    char *name = hash ? g_strconcat(hash, ".json", NULL) : NULL;
    char *path =
        name ? g_build_filename(g_get_user_cache_dir(), "tincture", "latent_rgb", name, NULL)
             : NULL;
    g_free(name);
    return path;
}

static void append_row(GString *text, const float row[3])
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    for (int k = 0; k < 3; k++) {
        g_string_append_printf(text, "%s%s", k ? ", " : "[",
                               g_ascii_formatd(number, sizeof number, "%.9g", row[k]));
    }
    g_string_append_c(text, ']');
}

// A matrix that cannot be kept costs another fit the next time.
static void write_file(const struct model *m, const char *path)
{
    GString *text = g_string_new("{\"factors\": [");
    for (int i = 0; i < m->vae.latent_channels; i++) {
        g_string_append(text, i ? ", " : "");
        append_row(text, m->latent_rgb[i]);
    }
    g_string_append(text, "], \"bias\": ");
    append_row(text, m->latent_rgb[m->vae.latent_channels]);
    g_string_append(text, "}\n");
    char *folder = g_path_get_dirname(path);
    GError *error = NULL;
    if (g_mkdir_with_parents(folder, 0700) != 0 ||
        !replacement_whole(path, text->str, text->len, &error)) {
        g_info("%s is not kept: %s", path, error ? error->message : g_strerror(errno));
    }
    g_clear_error(&error);
    g_free(folder);
    g_string_free(text, TRUE);
}

bool model_need_latent_rgb(struct model *m, struct task *task, GError **error)
{
    if (m->has_latent_rgb) {
        return true;
    }
    char *path = kept_path(m, task);
    bool ok = path && read_file(m, path, NULL);
    if (!ok) {
        task_report(task, TASK_FITTING_PREVIEW, -1);
        ok = model_fit_latent_rgb(m, task, error);
        if (path && m->has_latent_rgb) {
            write_file(m, path);
        }
    }
    g_free(path);
    return ok;
}
