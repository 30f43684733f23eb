#include "ui/core/engine.h"

#include "compute/gpu/fft.h"
#include "render/resample.h"

#include <math.h>
#include <string.h>

struct engine *engine_open(const char *model, const char *device, struct task *task, GError **error)
{
    struct engine *e = g_new0(struct engine, 1);
    e->gpu = gpu_open(device, error);
    e->model = e->gpu ? model_load(model, e->gpu, task, error) : NULL;
    e->editor = e->model ? editor_new(e->model, error) : NULL;
    if (!e->editor) {
        engine_free(e);
        return NULL;
    }
    return e;
}

void engine_free(struct engine *e)
{
    if (!e) {
        return;
    }
    editor_free(e->editor);
    model_free(e->model);
    fft_free(e->fft);
    gpu_free(e->gpu);
    g_free(e);
}

// ---- the photo ----------------------------------------------------------------------------------

void photo_fit(const struct model *m, int side, int width, int height, int *fit_width,
               int *fit_height)
{
    const int unit = model_latent_factor(m) << (m->unet.levels - 1);
    const double area = (double)side * side, aspect = (double)width / height;
    double best = INFINITY;
    *fit_width = *fit_height = MAX(unit, side / unit * unit);
    for (int w = unit; w <= 2 * side; w += unit) {
        for (int h = unit; h <= 2 * side; h += unit) {
            // Proportions count for more than size: a stretched photo is one the model has not seen
            // the like of.
            double cost = 3 * fabs(log((double)w / h / aspect)) + fabs(log(w * (double)h / area));
            if (cost < best) {
                best = cost;
                *fit_width = w;
                *fit_height = h;
            }
        }
    }
}

struct photo *photo_new(struct image *full, const struct model *m, int side, GError **error)
{
    int w, h;
    photo_fit(m, side ? side : model_default_size(m), full->width, full->height, &w, &h);
    struct photo *p = g_new0(struct photo, 1);
    p->full = full;
    p->small = image_resize(full, w, h, error);
    if (!p->small) {
        photo_free(p);
        return NULL;
    }
    p->rgb = g_new(float, (gsize)w *h * 3);
    for (int64_t i = 0; i < (int64_t)w * h * 3; i++) {
        p->rgb[i] = CLAMP(p->small->rgb[i], 0.0f, 1.0f) * 2.0f - 1.0f;
    }
    return p;
}

void photo_free(struct photo *p)
{
    if (!p) {
        return;
    }
    image_free(p->full);
    image_free(p->small);
    g_free(p->rgb);
    g_free(p);
}

// ---- jobs ---------------------------------------------------------------------------------------

struct edit_result *engine_edit(struct engine *e, const struct photo *p,
                                struct edit_request request, struct task *task, GError **error)
{
    request.rgb = p->rgb;
    request.width = p->small->width;
    request.height = p->small->height;
    return editor_run(e->editor, &request, task, error);
}

struct image *engine_image(const float *rgb, int width, int height, GError **error)
{
    struct image *image = image_new(width, height, false, error);
    for (int64_t i = 0; image && i < (int64_t)width * height * 3; i++) {
        image->rgb[i] = CLAMP(rgb[i] * 0.5f + 0.5f, 0.0f, 1.0f);
    }
    return image;
}

struct image *engine_restore(struct engine *e, const struct image *base,
                             const struct edit_result *r, const struct detail_params *params,
                             GError **error)
{
    if (!e->fft && !(e->fft = fft_open(e->gpu, error))) {
        return NULL;
    }
    struct image *edit = engine_image(r->rgb, r->width, r->height, error);
    struct image *before =
        edit ? engine_image(r->reconstruction, r->width, r->height, error) : NULL;
    struct image *result = NULL;
    if (before) {
        struct transform transform = transform_device(e->fft);
        result = detail_restore(base, before, edit, &transform, params, error);
    }
    image_free(before);
    image_free(edit);
    return result;
}

bool engine_learn(struct engine *e, const struct photo *p, const char *caption,
                  struct adapter *adapter, const struct train_params *params, const char *resume,
                  struct task *task, GError **error)
{
    const struct train_example example = {
        .width = p->small->width, .height = p->small->height, .rgb = p->rgb, .caption = caption};
    const struct train_set set = {&example, 1};
    editor_make_room(e->editor);
    struct trainer *t = trainer_new(e->model, adapter, &set, params, task, error);
    bool ok = t && (!resume || trainer_resume(t, resume, error)) && trainer_run(t, task, error);
    trainer_free(t);
    adapter_release(adapter); // edits use merged weights
    return ok;
}

// ---- the recipe ---------------------------------------------------------------------------------

// A value of the comma-separated line; quoted where a reader would split it.
static void append_value(GString *out, const char *key, const char *value)
{
    g_string_append_printf(out, "%s%s: ", out->len && out->str[out->len - 1] != '\n' ? ", " : "",
                           key);
    if (strpbrk(value, ",:\n\"")) {
        g_autofree char *escaped = g_strescape(value, "\x80\x81\x82");
        g_string_append_printf(out, "\"%s\"", escaped);
    } else {
        g_string_append(out, value);
    }
}

char *engine_recipe(const struct edit_request *request, const struct model *m,
                    struct adapter *const *adapters, int n, int width, int height)
{
    GString *out = g_string_new(request->prompt);
    g_string_append_c(out, '\n');
    if (request->negative && *request->negative) {
        g_string_append_printf(out, "Negative prompt: %s\n", request->negative);
    }
    g_autofree char *size = g_strdup_printf("%dx%d", width, height);
    g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, request->seed);
    g_autofree char *settings = settings_recipe(request->settings);
    g_string_append(out, settings);
    append_value(out, "Seed", seed);
    append_value(out, "Size", size);
    append_value(out, "Model", m->name);
    if (request->source_prompt && *request->source_prompt) {
        append_value(out, "Source prompt", request->source_prompt);
    }
    for (int i = 0; i < n; i++) {
        if (adapters[i]->enabled) {
            g_autofree char *key = i ? g_strdup_printf("Adapter %d", i + 1) : g_strdup("Adapter");
            char scale[G_ASCII_DTOSTR_BUF_SIZE];
            g_autofree char *value = g_strjoin(
                " ", adapters[i]->name ? adapters[i]->name : "unnamed", adapters[i]->method->name,
                g_ascii_formatd(scale, sizeof scale, "%g", adapters[i]->scale), NULL);
            append_value(out, key, value);
        }
    }
    append_value(out, "Version", "Tincture");
    return g_string_free(out, FALSE);
}
