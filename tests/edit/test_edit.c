// Editing on the model that ships: the identities that make an edit trustworthy, caching,
// cancelling, bad requests.
#include "compute/edit/edit.h"
#include "compute/edit/networks.h"
#include "ui/core/paths.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct gpu *gpu;
static struct model *model;
static int side;

static float *make_photo(void)
{
    float *rgb = g_new(float, (gsize)side *side * 3);
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            const double dx = x - side / 2.0, dy = y - side / 2.0;
            const bool inside = dx * dx + dy * dy < side * side / 9.0;
            float *p = rgb + ((gsize)y * side + x) * 3;
            p[0] = inside ? 0.7f : 0.1f + 0.4f * (float)y / (float)side;
            p[1] = inside ? -0.6f : 0.2f;
            p[2] = inside ? -0.6f : 0.5f;
        }
    }
    return rgb;
}

static double psnr(const float *a, const float *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)(a[i] - b[i]) * (a[i] - b[i]);
    }
    return 10.0 * log10(4.0 / (sum / (double)n + 1e-20));
}

// Settings that live as long as the test.
static struct settings *settings(const struct setting *table)
{
    struct settings *s = settings_new(table);
    g_test_queue_destroy((GDestroyNotify)settings_free, s);
    return s;
}

static void ask(struct edit_request *q, const char *key, double value)
{
    g_autoptr(GError) error = NULL;
    settings_set((struct settings *)q->settings, key, value, &error);
    g_assert_no_error(error);
}

static double asked(const struct edit_request *q, const char *key)
{
    return settings_get(q->settings, key);
}

static struct edit_request request(const float *rgb)
{
    struct edit_request q = {
        .settings = settings(edit_settings),
        .rgb = rgb,
        .width = side,
        .height = side,
        .source_prompt = "a red ball",
        .prompt = "a blue ball",
    };
    ask(&q, "steps", 10);
    return q;
}

static struct edit_result *run(struct editor *e, const struct edit_request *q)
{
    g_autoptr(GError) error = NULL;
    struct edit_result *r = editor_run(e, q, NULL, &error);
    g_assert_no_error(error);
    return r;
}

static struct editor *editor(void)
{
    g_autoptr(GError) error = NULL;
    struct editor *e = editor_new(model, &error);
    g_assert_no_error(error);
    return e;
}

static void test_strength_zero(void)
{
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request q = request(rgb);
    ask(&q, "inversion", 0.0);
    struct edit_result *r = run(e, &q);
    g_assert_cmpmem(r->rgb, (gsize)side * side * 12, rgb, (gsize)side * side * 12);
    g_assert_cmpmem(r->reconstruction, (gsize)side * side * 12, rgb, (gsize)side * side * 12);
    edit_result_free(r);
    editor_free(e);
}

static void choose(struct edit_request *q, const char *key, const char *name)
{
    g_assert_true(settings_parse((struct settings *)q->settings, key, name, NULL));
}

// Source prompt, guidance 1, full inversion by DDIM: what comes back is the photo as the
// autoencoder can draw it.
static void test_identity(void)
{
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request q = request(rgb);
    q.prompt = q.source_prompt;
    choose(&q, "inverter", "ddim");
    ask(&q, "guidance", 1.0);
    ask(&q, "steps", 50);
    struct edit_result *r = run(e, &q);
    const int64_t n = (int64_t)side * side * 3;
    g_autofree float *z = g_new(float, n);
    g_autofree float *autoencoded = g_new(float, n);
    g_autoptr(GError) error = NULL;
    g_assert_true(editor_encode(e, rgb, side, side, z, &error));
    g_assert_true(editor_decode(e, z, side, side, autoencoded, &error));
    g_test_message(
        "photo: %.1f dB, of the autoencoder alone %.1f dB; to the autoencoded photo %.1f dB",
        psnr(r->rgb, rgb, n), psnr(autoencoded, rgb, n), psnr(r->rgb, autoencoded, n));
    g_assert_cmpfloat(psnr(r->rgb, autoencoded, n), >, 25.0);
    // The reference is the same run, so nothing is changed in the photo at all.
    g_assert_cmpmem(r->rgb, (gsize)n * 4, r->reconstruction, (gsize)n * 4);
    edit_result_free(r);
    editor_free(e);
}

struct count {
    int steps;
    bool inverting;
};

// Cancels at the third step, where that can be.
static void count_cb(struct task *task, const struct task_progress *progress)
{
    struct count *c = task->data;
    c->steps++;
    c->inverting |= progress->stage == TASK_INVERTING;
    g_assert_cmpint(progress->step, <=, progress->steps);
    if (task->cancellable && progress->step == 3) {
        g_cancellable_cancel(task->cancellable);
    }
}

// Another prompt neither inverts again nor draws the reference again, and the same request gives
// the same bits.
static void test_stages_are_kept(void)
{
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request q = request(rgb);
    ask(&q, "locality", 0.0);
    struct edit_result *first = run(e, &q);
    q.prompt = "a green ball";
    struct count c = {0};
    struct task task = {.report = count_cb, .data = &c};
    g_autoptr(GError) error = NULL;
    struct edit_result *second = editor_run(e, &q, &task, &error);
    g_assert_no_error(error);
    g_assert_false(c.inverting);
    g_assert_cmpint(c.steps, ==, (int)asked(&q, "steps"));
    g_assert_cmpfloat(psnr(first->rgb, second->rgb, (int64_t)side * side * 3), <, 60.0);
    q.prompt = "a blue ball";
    struct edit_result *third = run(e, &q);
    g_assert_cmpmem(first->rgb, (gsize)side * side * 12, third->rgb, (gsize)side * side * 12);
    edit_result_free(first);
    edit_result_free(second);
    edit_result_free(third);
    editor_free(e);
}

// Without a guided part the edit is the one of guidance 1; half of the part is another one.
static void test_guidance_end(void)
{
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    const int64_t n = (int64_t)side * side * 3;
    struct edit_request q = request(rgb);
    ask(&q, "locality", 0.0);
    struct edit_result *all = run(e, &q);
    ask(&q, "guidance_end", 0.5);
    struct edit_result *half = run(e, &q);
    ask(&q, "guidance_end", 0.0);
    struct edit_result *nothing = run(e, &q);
    ask(&q, "guidance", 1.0);
    struct edit_result *plain = run(e, &q);
    g_assert_cmpmem(nothing->rgb, (gsize)n * 4, plain->rgb, (gsize)n * 4);
    g_assert_cmpfloat(psnr(half->rgb, all->rgb, n), <, 60.0);
    g_assert_cmpfloat(psnr(half->rgb, nothing->rgb, n), <, 60.0);
    edit_result_free(all);
    edit_result_free(half);
    edit_result_free(nothing);
    edit_result_free(plain);
    editor_free(e);
}

// The part of the change by the whole edit that a local edit keeps. Each value must lie between the
// reference and the whole edit: a mask weighs, and adds nothing of its own.
static double part_kept(const struct edit_result *local, const struct edit_result *whole)
{
    const int64_t n = (int64_t)side * side * 3;
    double kept = 0, all = 0;
    g_assert_cmpmem(local->reconstruction, (gsize)n * 4, whole->reconstruction, (gsize)n * 4);
    for (int64_t i = 0; i < n; i++) {
        const float from = whole->reconstruction[i], to = whole->rgb[i], at = local->rgb[i];
        g_assert_cmpfloat(at, >=, fminf(from, to) - 1e-6f);
        g_assert_cmpfloat(at, <=, fmaxf(from, to) + 1e-6f);
        kept += fabsf(at - from);
        all += fabsf(to - from);
    }
    g_assert_cmpfloat(all, >, 0);
    return kept / all;
}

// The higher the locality, the less is changed, but never nothing; guided or not. The edit mask is
// measured once for a pair of prompts.
static void test_locality(void)
{
    static const double guidance[] = {1.0, 4.0};
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    for (int i = 0; i < 2; i++) {
        struct edit_request q = request(rgb);
        ask(&q, "steps", 4);
        ask(&q, "guidance", guidance[i]);
        ask(&q, "locality", 0.0);
        struct edit_result *whole = run(e, &q);
        double last = 1.0;
        for (double locality = 0.2; locality <= 1.0; locality += 0.4) {
            ask(&q, "locality", locality);
            struct count c = {0};
            struct task task = {.report = count_cb, .data = &c};
            g_autoptr(GError) error = NULL;
            struct edit_result *local = editor_run(e, &q, &task, &error);
            g_assert_no_error(error);
            const double kept = part_kept(local, whole);
            g_test_message("guidance %g, locality %g: %.3f of the change", guidance[i], locality,
                           kept);
            g_assert_cmpfloat(kept, <, last);
            g_assert_cmpfloat(kept, >, 0.05);
            const bool measured = i == 0 && last == 1.0;
            g_assert_true(measured ? c.steps > (int)asked(&q, "steps")
                                   : c.steps == (int)asked(&q, "steps"));
            last = kept;
            edit_result_free(local);
        }
        edit_result_free(whole);
    }
    editor_free(e);
}

static float brightness(const float *rgb, int x, int y)
{
    const float *p = rgb + ((gsize)y * side + x) * 3;
    return 0.3f * p[0] + 0.59f * p[1] + 0.11f * p[2];
}

// How alike the edges of two pictures are: the correlation of their brightness' differences.
static double edges_alike(const float *a, const float *b)
{
    double aa = 0, bb = 0, ab = 0;
    for (int y = 0; y < side - 1; y++) {
        for (int x = 0; x < side - 1; x++) {
            for (int k = 0; k < 2; k++) {
                const double da = (double)brightness(a, x + k, y + !k) - brightness(a, x, y);
                const double db = (double)brightness(b, x + k, y + !k) - brightness(b, x, y);
                aa += da * da;
                bb += db * db;
                ab += da * db;
            }
        }
    }
    return ab / sqrt(aa * bb + 1e-20);
}

// An edit that takes the photo's self-attention has more of its shapes, on the average of a few.
static void test_keep_shape(void)
{
    static const char *const prompts[] = {"a blue ball", "a yellow star", "a green leaf"};
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request q = request(rgb);
    g_autoptr(GError) error = NULL;
    g_assert_true(settings_parse((struct settings *)q.settings, "inverter", "direct", &error));
    g_assert_true(
        settings_parse((struct settings *)q.settings, "control", "prompt_to_prompt", &error));
    ask(&q, "locality", 0);
    double mean[2] = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(prompts); i++) {
        q.prompt = prompts[i];
        for (int kept = 0; kept < 2; kept++) {
            ask(&q, "keep_shape", kept);
            struct edit_result *r = run(e, &q);
            const double alike = edges_alike(r->rgb, r->reconstruction);
            g_test_message("%s, %d of the shape kept: edges %.3f alike", q.prompt, kept, alike);
            mean[kept] += alike / G_N_ELEMENTS(prompts);
            edit_result_free(r);
        }
    }
    g_assert_cmpfloat(mean[1], >, mean[0]);
    editor_free(e);
}

static void test_cancel(void)
{
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request q = request(rgb);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct count c = {0};
    struct task task = {.report = count_cb, .data = &c, .cancellable = cancel};
    g_autoptr(GError) error = NULL;
    g_assert_null(editor_run(e, &q, &task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(c.steps, <=, 4);
    // The editor is as good as before.
    struct edit_result *r = run(e, &q);
    edit_result_free(r);
    editor_free(e);
}

static void test_structure_and_seed(void)
{
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request q = request(rgb);
    const int64_t n = (int64_t)side * side * 3;
    struct edit_result *plain = run(e, &q);
    ask(&q, "structure", 0.5);
    q.seed = 1;
    struct edit_result *one = run(e, &q);
    q.seed = 2;
    struct edit_result *two = run(e, &q);
    g_assert_cmpfloat(psnr(plain->rgb, one->rgb, n), <, 60.0);
    g_assert_cmpfloat(psnr(one->rgb, two->rgb, n), <, 60.0);
    edit_result_free(plain);
    edit_result_free(one);
    edit_result_free(two);
    editor_free(e);
}

// As it is by default.
static bool draws_noise(const struct sampler_type *t)
{
    struct settings *s = settings_new(t->settings);
    const bool eta = settings_find(s, "eta", NULL) && settings_get(s, "eta") > 0;
    settings_free(s);
    return t->random || eta;
}

static struct edit_result *generate(struct editor *e, const char *sampler, const char *prompt)
{
    struct edit_request q = {.settings = settings(generate_settings)};
    q.width = q.height = side;
    q.prompt = prompt;
    g_assert_true(settings_parse((struct settings *)q.settings, "scheduler", sampler, NULL));
    ask(&q, "steps", 30);
    struct edit_result *r = run(e, &q);
    g_assert_null(r->reconstruction);
    return r;
}

// From the same noise all samplers that draw no other go to the same picture, and another prompt
// goes to another one.
static void test_generate_samplers(void)
{
    const int64_t n = (int64_t)side * side * 3;
    struct editor *e = editor();
    struct edit_result *first = generate(e, "ddim", "a red apple"),
                       *other = generate(e, "ddim", "a lake in the evening");
    const double apart = psnr(first->rgb, other->rgb, n);
    g_test_message("two prompts: %.1f dB", apart);
    for (int i = 0; sampler_table[i]; i++) {
        if (draws_noise(sampler_table[i])) {
            continue;
        }
        struct edit_result *r = generate(e, sampler_table[i]->name, "a red apple");
        g_test_message("%s: %.1f dB from ddim", sampler_table[i]->name,
                       psnr(r->rgb, first->rgb, n));
        g_assert_cmpfloat(psnr(r->rgb, first->rgb, n), >, 20.0);
        edit_result_free(r);
    }
    g_assert_cmpfloat(apart, <, 15.0);
    edit_result_free(first);
    edit_result_free(other);
    editor_free(e);
}

// A copy of the model's folder without the factors for previews. Its files are links.
static char *folder_without_factors(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("tincture-edit-XXXXXX", &error);
    g_assert_no_error(error);
    GDir *dir = g_dir_open(model->path, 0, &error);
    g_assert_no_error(error);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *from = g_build_filename(model->path, name, NULL);
        g_autofree char *to = g_build_filename(folder, name, NULL);
        if (!g_str_equal(name, "latent_rgb.json")) {
            g_assert_cmpint(symlink(from, to), ==, 0);
        }
    }
    g_dir_close(dir);
    return folder;
}

static void remove_links(char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_dir_close(dir);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(folder);
}

// The last preview of a run, and how many there were.
struct previews {
    float *last; // [-1,1]
    int count;
};

static void preview_cb(struct task *task, const struct task_progress *progress)
{
    struct previews *p = task->data;
    const struct latent_preview *preview = progress->preview;
    if (preview) {
        const int64_t n = (int64_t)preview->width * preview->height * 3;
        p->count++;
        p->last = g_renew(float, p->last, n);
        for (int64_t i = 0; i < n; i++) {
            p->last[i] = 2 * preview->rgb[i] - 1;
        }
    }
}

// Mean of each factor x factor square.
static float *shrink(const float *rgb, int factor)
{
    const int w = side / factor;
    float *small = g_new0(float, (gsize)w *w * 3);
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            for (int k = 0; k < 3; k++) {
                small[(y / factor * w + x / factor) * 3 + k] +=
                    rgb[(y * side + x) * 3 + k] / (float)(factor * factor);
            }
        }
    }
    return small;
}

static void cancel_cb(struct task *task, const struct task_progress *progress)
{
    g_cancellable_cancel(task->cancellable);
}

// A model that brings no factors gets its own when they are asked for, which can be stopped and
// asked for again: the last preview is the picture, only smaller.
static void test_previews(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = folder_without_factors();
    struct model *bare = model_load(folder, gpu, NULL, &error);
    g_assert_no_error(error);
    g_assert_false(bare->has_latent_rgb);
    struct editor *e = editor_new(bare, &error);
    struct edit_request q = {.settings = settings(generate_settings)};
    q.width = q.height = side;
    q.prompt = "a red apple";
    struct previews p = {NULL};
    struct task task = {.report = preview_cb, .data = &p};
    struct edit_result *unseen = editor_run(e, &q, &task, &error);
    g_assert_no_error(error);
    g_assert_cmpint(p.count, ==, 0);
    edit_result_free(unseen);
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct task stopped = {.report = cancel_cb, .cancellable = cancel};
    g_assert_false(editor_need_previews(e, &stopped, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    g_assert_true(editor_need_previews(e, NULL, &error));
    struct edit_result *r = editor_run(e, &q, &task, &error);
    g_assert_no_error(error);
    g_assert_cmpint(p.count, ==, (int)asked(&q, "steps"));
    const int factor = model_latent_factor(bare);
    const int64_t n = (int64_t)(side / factor) * (side / factor) * 3;
    g_autofree float *small = shrink(r->rgb, factor), *flat = g_new0(float, n);
    for (int64_t i = 0; i < n; i++) { // the picture's mean colour everywhere
        for (int64_t k = i % 3; k < n; k += 3) {
            flat[i] += small[k] * 3 / (float)n;
        }
    }
    g_test_message("the preview is %.1f dB from the picture, its mean colour %.1f dB",
                   psnr(p.last, small, n), psnr(flat, small, n));
    g_assert_cmpfloat(psnr(p.last, small, n), >, psnr(flat, small, n) + 6);
    g_free(p.last);
    edit_result_free(r);
    editor_free(e);
    model_free(bare);
    remove_links(folder);
}

// Bytes of address space that the process has now.
static uint64_t address_space(void)
{
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    return g_ascii_strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

// A model that does not fit is refused before anything is loaded, with the sizes in one sentence.
// The limit is real: there is room for the files, but not for the weights.
static void test_too_little_memory(void)
{
    g_autoptr(GError) error = NULL;
    uint64_t weights = 0;
    for (guint i = 0; i < model->parts->len; i++) {
        const struct nn_part *part = model->parts->pdata[i];
        for (guint k = 0; k < part->weights->len; k++) {
            const struct nn_weight *w = part->weights->pdata[k];
            weights += (uint64_t)shape_count(w->shape) * sizeof(float);
        }
    }
    struct rlimit before, small;
    getrlimit(RLIMIT_AS, &before);
    small = before;
    small.rlim_cur = address_space() + weights * 9 / 10;
    setrlimit(RLIMIT_AS, &small);
    struct model *refused = model_load(model->path, gpu, NULL, &error);
    setrlimit(RLIMIT_AS, &before);
    g_assert_null(refused);
    g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, "needs"));
    g_assert_nonnull(strstr(error->message, "free"));
    g_clear_error(&error);
    // As soon as there is room again it loads.
    struct model *loaded = model_load(model->path, gpu, NULL, &error);
    g_assert_no_error(error);
    model_free(loaded);
}

// Photos of several proportions one after another: only the programs of the last one are kept, and
// none when memory is needed.
static void test_programs_are_dropped(void)
{
    g_autoptr(GError) error = NULL;
    struct networks *n = networks_new(model, model->parts);
    g_autofree float *rgb = g_new0(float, (gsize)side *side * 6), *z = g_new(float, side *side * 6);
    g_assert_true(networks_encode(n, side, side, rgb, z, NULL, &error));
    const uint64_t encoder = networks_bytes(n);
    g_assert_cmpuint(encoder, >, 0);
    g_assert_true(networks_decode(n, model_decoder(model), side, side, z, rgb, NULL, &error));
    const uint64_t both = networks_bytes(n);
    g_assert_cmpuint(both, >, encoder); // of one size they are held together
    g_assert_true(networks_encode(n, 2 * side, side, rgb, z, NULL, &error));
    g_assert_true(networks_encode(n, side, 2 * side, rgb, z, NULL, &error));
    g_assert_true(networks_encode(n, side, side, rgb, z, NULL, &error));
    g_assert_cmpuint(networks_bytes(n), ==, encoder);
    networks_drop(n);
    g_assert_cmpuint(networks_bytes(n), ==, 0);
    networks_free(n);
}

// Straight colours and alpha, each in its range; a model without such a decoder says so.
static void test_alpha(void)
{
    static const char *const names[] = {"levels", "sd1"};
    for (size_t k = 0; k < G_N_ELEMENTS(names); k++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path =
            g_test_build_filename(G_TEST_DIST, "data", "models", names[k], NULL);
        struct model *m = model_load(path, gpu, NULL, &error);
        g_assert_no_error(error);
        struct editor *e = editor_new(m, &error);
        const int factor = model_latent_factor(m), size = 4 * factor;
        float z[4 * 4 * 4];
        g_autofree float *rgba = g_new(float, (gsize)size *size * 4);
        for (size_t i = 0; i < G_N_ELEMENTS(z); i++) {
            z[i] = sinf(7.0f * (float)i);
        }
        const bool ok = editor_decode_alpha(e, z, size, size, rgba, &error);
        if (k == 1) {
            g_assert_false(ok);
            g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED);
        }
        float low = 2, high = -2;
        for (int i = 0; ok && i < size * size; i++) {
            for (int c = 0; c < 3; c++) {
                g_assert_cmpfloat(fabsf(rgba[4 * i + c]), <=, 1);
                low = MIN(low, rgba[4 * i + c]);
            }
            g_assert_true(rgba[4 * i + 3] >= 0 && rgba[4 * i + 3] <= 1);
            high = MAX(high, rgba[4 * i + 3]);
        }
        g_assert_true(ok == (low < 0 && high > 0.5f));
        editor_free(e);
        model_free(m);
    }
}

static void test_bad_requests(void)
{
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request bad[] = {request(rgb), request(rgb)};
    bad[0].width = side + 1;
    ask(&bad[1], "steps", model->sched.train_steps);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        struct count c = {0};
        struct task task = {.report = count_cb, .data = &c};
        g_assert_null(editor_run(e, &bad[i], &task, &error));
        g_assert_nonnull(error);
        g_assert_cmpint(c.steps, ==, 0); // refused before any work
    }
    editor_free(e);
}

// Numbers outside their range do not even come into a request.
static void test_bad_settings(void)
{
    static const char *const bad[][2] = {
        {"steps", "0"},       {"inversion", "1.5"}, {"scheduler", "none"}, {"guidance", "nan"},
        {"locality", "-0.1"}, {"structure", "2"},   {"eta", "1.1"},        {"noise", "1"}};
    struct settings *s = settings(edit_settings);
    g_autofree char *before = settings_text(s);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(settings_parse(s, bad[i][0], bad[i][1], &error));
        g_assert_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT);
    }
    g_autofree char *after = settings_text(s);
    g_assert_cmpstr(before, ==, after);
}

static bool of_second_order(const struct sampler_type *t)
{
    static const char *const names[] = {"dpmpp_2m", "unipc", "heun", NULL};
    return g_strv_contains(names, t->name);
}

// The inversion's end is a start for every sampler. Euler's method takes the very steps of DDIM
// there but for the last one, which goes to no noise at all.
static void test_edit_samplers(void)
{
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request q = request(rgb);
    ask(&q, "locality", 0);
    choose(&q, "inverter", "ddim");
    struct edit_result *ddim = run(e, &q);
    const int64_t n = (int64_t)side * side * 3;
    for (int i = 0; sampler_table[i]; i++) {
        if (draws_noise(sampler_table[i])) {
            continue;
        }
        choose(&q, "scheduler", sampler_table[i]->name);
        struct edit_result *r = run(e, &q);
        const double likeness = psnr(r->rgb, ddim->rgb, n);
        g_test_message("%s: %.1f dB of the edit with ddim", sampler_table[i]->name, likeness);
        g_assert_cmpfloat(likeness, >, of_second_order(sampler_table[i]) ? 20 : 35);
        edit_result_free(r);
    }
    edit_result_free(ddim);
    editor_free(e);
}

static double contrast(const float *rgb)
{
    const int n = side * side;
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        const float *p = rgb + 3 * i;
        const double light = 0.2126 * (double)p[0] + 0.7152 * (double)p[1] + 0.0722 * (double)p[2];
        sum += light;
        squares += light * light;
    }
    return sqrt(squares / n - sum / n * (sum / n));
}

// However literally the words are taken, the picture does not get harder than the photo is. (Not
// rescaled it has 1.26 and 1.53 of the contrast at 9.)
static void test_contrast(void)
{
    static const char *const inverters[] = {"direct", "ddpm"};
    g_autofree float *rgb = make_photo();
    struct editor *e = editor();
    struct edit_request q = request(rgb);
    ask(&q, "guidance", 9);
    for (size_t i = 0; i < G_N_ELEMENTS(inverters); i++) {
        choose(&q, "inverter", inverters[i]);
        struct edit_result *r = run(e, &q);
        const double share = contrast(r->rgb) / contrast(r->reconstruction);
        g_test_message("%s: %.2f of the contrast", inverters[i], share);
        g_assert_cmpfloat(share, <, 1.1);
        edit_result_free(r);
    }
    editor_free(e);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = paths_model(NULL);
    gpu = gpu_open(NULL, &error);
    g_assert_no_error(error);
    model = model_load(dir, gpu, NULL, &error);
    g_assert_no_error(error);
    side = model_default_size(model);
    g_test_add_func("/edit/strength-zero", test_strength_zero);
    g_test_add_func("/edit/identity", test_identity);
    g_test_add_func("/edit/stages-are-kept", test_stages_are_kept);
    g_test_add_func("/edit/guidance-end", test_guidance_end);
    g_test_add_func("/edit/locality", test_locality);
    g_test_add_func("/edit/keep-shape", test_keep_shape);
    g_test_add_func("/edit/cancel", test_cancel);
    g_test_add_func("/edit/structure-and-seed", test_structure_and_seed);
    g_test_add_func("/edit/generate-samplers", test_generate_samplers);
    g_test_add_func("/edit/previews", test_previews);
    g_test_add_func("/edit/programs-are-dropped", test_programs_are_dropped);
    g_test_add_func("/edit/too-little-memory", test_too_little_memory);
    g_test_add_func("/edit/alpha", test_alpha);
    g_test_add_func("/edit/bad-requests", test_bad_requests);
    g_test_add_func("/edit/bad-settings", test_bad_settings);
    g_test_add_func("/edit/samplers", test_edit_samplers);
    g_test_add_func("/edit/contrast", test_contrast);
    int rc = g_test_run();
    model_free(model);
    gpu_free(gpu);
    return rc;
}
