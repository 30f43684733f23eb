// The editor: what is kept between runs, the adapters in use, and single stages for other callers.
#include "compute/edit/private.h"
#include "compute/i18n.h"

#include <string.h>

// ---- the editor ---------------------------------------------------------------------------------

struct editor *editor_new(struct model *model, GError **error)
{
    struct editor *e = g_new0(struct editor, 1);
    e->model = model;
    noise_schedule_init(&e->schedule, &model->sched);
    e->networks = networks_new(model, model->parts);
    networks_set_weights(e->networks, editor_weights_at, e);
    e->windows = 1;
    e->in_time = g_ptr_array_new();
    e->adapters_key = g_strdup("");
    e->embeddings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return e;
}

void photo_clear(struct editor *e)
{
    g_clear_pointer(&e->photo.key, g_free);
    g_clear_pointer(&e->photo.latents, g_free);
    g_clear_pointer(&e->photo.reconstruction, g_free);
}

void inverted_clear(struct editor *e)
{
    g_clear_pointer(&e->inverted.key, g_free);
    g_clear_pointer(&e->inverted.levels, g_free);
    g_clear_pointer(&e->inverted.avoided, g_free);
}

void reference_clear(struct editor *e)
{
    g_clear_pointer(&e->reference.key, g_free);
    g_clear_pointer(&e->reference.path, g_free);
    g_clear_pointer(&e->reference.drawn, g_free);
    g_clear_pointer(&e->reference.rgb, g_free);
}

void edit_mask_clear(struct editor *e)
{
    g_clear_pointer(&e->edit_mask.key, g_free);
    g_clear_pointer(&e->edit_mask.difference, g_free);
}

void editor_free(struct editor *e)
{
    if (!e) {
        return;
    }
    photo_clear(e);
    inverted_clear(e);
    reference_clear(e);
    edit_mask_clear(e);
    attention_clear(e);
    g_hash_table_unref(e->embeddings);
    networks_free(e->networks);
    merged_model_free(e->merged);
    noise_schedule_finish(&e->schedule);
    g_ptr_array_unref(e->in_time);
    g_free(e->acting);
    g_free(e->adapters_key);
    g_free(e);
}

void editor_forget_hint(struct editor *e, const struct hint_net *net)
{
    networks_drop_hint(e->networks, net);
}

void editor_make_room(struct editor *e)
{
    networks_drop(e->networks);
}

// ---- layouts ------------------------------------------------------------------------------------

void hwc_to_chw(const float *hwc, int h, int w, int c, float *chw)
{
    for (int64_t p = 0; p < (int64_t)h * w; p++) {
        for (int k = 0; k < c; k++) {
            chw[k * (int64_t)h * w + p] = hwc[p * c + k];
        }
    }
}

void chw_to_hwc(const float *chw, int h, int w, int c, float *hwc)
{
    for (int64_t p = 0; p < (int64_t)h * w; p++) {
        for (int k = 0; k < c; k++) {
            hwc[p * c + k] = chw[k * (int64_t)h * w + p];
        }
    }
}

// ---- text ---------------------------------------------------------------------------------------

// Sentences mean something else now: what was found out by them is forgotten.
static void forget_texts(struct editor *e)
{
    e->tokens.read = false;
    g_hash_table_remove_all(e->embeddings);
    attention_clear(e);
    inverted_clear(e);
    reference_clear(e);
    edit_mask_clear(e);
}

// A token that came or went changes what is a word in a sentence; one whose rows are others is
// another word where it was read.
static bool reads_other_tokens(struct editor *e)
{
    const struct model *m = e->model;
    const bool others = e->tokens.named != m->tokens_named ||
                        (e->tokens.read && e->tokens.valued != m->tokens_valued);
    e->tokens.named = m->tokens_named;
    e->tokens.valued = m->tokens_valued;
    return others;
}

void editor_read_as(struct editor *e, const struct prompt_style *style, int windows)
{
    if (reads_other_tokens(e) || memcmp(&e->style, style, sizeof *style) != 0 ||
        e->windows != windows) {
        forget_texts(e);
    }
    e->style = *style;
    e->windows = windows;
    networks_set_windows(e->networks, windows);
}

int64_t embeddings_count(const struct editor *e)
{
    return (int64_t)e->windows * e->model->text.max_tokens * e->model->text.hidden_size;
}

static bool holds_token(const struct editor *e, const struct prompt *read)
{
    bool any = false;
    for (int i = 0; i < read->windows * read->tokens; i++) {
        any = any || read->ids[i] >= e->model->text.vocab_size;
    }
    return any;
}

const float *embeddings_get(struct editor *e, const char *prompt, double t, GCancellable *c,
                            GError **error)
{
    g_autofree char *key = editor_text_key(e, prompt, t);
    const float *known = g_hash_table_lookup(e->embeddings, key);
    if (known) {
        return known;
    }
    if (!editor_weights_at(e, t, error)) {
        return NULL;
    }
    g_autofree float *embeddings = g_new(float, embeddings_count(e));
    struct prompt read;
    prompt_init(&read, e->model, &e->style, e->windows, prompt);
    e->tokens.read = e->tokens.read || holds_token(e, &read);
    const bool ok = networks_text(e->networks, &read, embeddings, c, error);
    prompt_finish(&read);
    if (!ok) {
        return NULL;
    }
    known = embeddings;
    g_hash_table_insert(e->embeddings, g_steal_pointer(&key), g_steal_pointer(&embeddings));
    return known;
}

bool embeddings_gather(struct run *r, const char *const *prompts, int n, double t, float *out,
                       GError **error)
{
    const int64_t count = embeddings_count(r->e);
    for (int i = 0; i < n; i++) {
        const float *one = embeddings_get(r->e, prompts[i], t, task_cancellable(r->task), error);
        if (!one) {
            return false;
        }
        memcpy(out + i * count, one, (size_t)count * sizeof *one);
    }
    return true;
}

// ---- single stages ------------------------------------------------------------------------------

bool editor_text(struct editor *e, const char *prompt, float *embeddings, GError **error)
{
    editor_read_as(e, &(struct prompt_style){0}, 1);
    if (e->in_time->len > 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("a sentence alone has no time steps, so no adapter can act in some of them"));
        return false;
    }
    const float *s = embeddings_get(e, prompt, 0, NULL, error);
    if (s) {
        memcpy(embeddings, s, (size_t)embeddings_count(e) * sizeof *embeddings);
    }
    return s != NULL;
}

bool editor_encode(struct editor *e, const float *rgb, int width, int height, float *latents,
                   GError **error)
{
    const int factor = model_latent_factor(e->model), c = e->model->vae.latent_channels;
    const int h = height / factor, w = width / factor;
    g_autofree float *hwc = g_new(float, (int64_t)h *w *c);
    if (!networks_encode(e->networks, width, height, rgb, hwc, NULL, error)) {
        return false;
    }
    hwc_to_chw(hwc, h, w, c, latents);
    return true;
}

static bool decode_by(struct editor *e, const struct decoder *decoder, const float *latents,
                      int width, int height, float *picture, GError **error)
{
    const int factor = model_latent_factor(e->model), c = e->model->vae.latent_channels;
    const int h = height / factor, w = width / factor;
    g_autofree float *hwc = g_new(float, (int64_t)h *w *c);
    chw_to_hwc(latents, h, w, c, hwc);
    return networks_decode(e->networks, decoder, width, height, hwc, picture, NULL, error);
}

bool editor_decode(struct editor *e, const float *latents, int width, int height, float *rgb,
                   GError **error)
{
    return decode_by(e, model_decoder(e->model), latents, width, height, rgb, error);
}

bool editor_decode_alpha(struct editor *e, const float *latents, int width, int height, float *rgba,
                         GError **error)
{
    const struct decoder *decoder = model_alpha_decoder(e->model);
    if (!decoder) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("%s has no decoder with alpha (a folder %s)"), e->model->name, MODEL_ALPHA);
        return false;
    }
    if (!decode_by(e, decoder, latents, width, height, rgba, error)) {
        return false;
    }
    for (int64_t i = 0; i < (int64_t)width * height * 4; i++) {
        rgba[i] = CLAMP(i % 4 == 3 ? (rgba[i] + 1) / 2 : rgba[i], i % 4 == 3 ? 0.0f : -1.0f, 1.0f);
    }
    return true;
}

// A prediction's latents, channels last, and the text's embeddings; hints are off.
static const float *begin_prediction(struct editor *e, const float *latents, int h, int w,
                                     int timestep, const char *prompt, float *in, GError **error)
{
    editor_read_as(e, &(struct prompt_style){0}, 1);
    chw_to_hwc(latents, h, w, e->model->vae.latent_channels, in);
    const float *embeddings = embeddings_get(e, prompt, timestep, NULL, error);
    return embeddings && networks_set_hint(e->networks, NULL, 0, h, w, NULL, NULL, error)
               ? embeddings
               : NULL;
}

bool editor_predict(struct editor *e, const float *latents, int width, int height, int timestep,
                    const char *prompt, float *prediction, GError **error)
{
    const int factor = model_latent_factor(e->model), c = e->model->vae.latent_channels;
    const int h = height / factor, w = width / factor;
    const int64_t n = (int64_t)h * w * c;
    g_autofree float *in = g_new(float, n);
    g_autofree float *out = g_new(float, n);
    const float *embeddings = begin_prediction(e, latents, h, w, timestep, prompt, in, error);
    if (!embeddings ||
        !networks_predict(e->networks, 1, h, w, timestep, in, embeddings, out, NULL, error)) {
        return false;
    }
    if (!latent_finite(out, n)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_NUMERIC,
                    _("the model gave numbers that are not finite"));
        return false;
    }
    hwc_to_chw(out, h, w, c, prediction);
    return true;
}

bool editor_attention(struct editor *e, const float *latents, int width, int height, int timestep,
                      const char *prompt, network_map_visit visit, void *data, GError **error)
{
    const int factor = model_latent_factor(e->model);
    const int h = height / factor, w = width / factor;
    g_autofree float *in = g_new(float, (gsize)h *w * e->model->vae.latent_channels);
    const float *embeddings = begin_prediction(e, latents, h, w, timestep, prompt, in, error);
    return embeddings && networks_attention(e->networks, 1, h, w, timestep, in, embeddings,
                                            "*.attn2", 0, visit, data, NULL, error);
}
