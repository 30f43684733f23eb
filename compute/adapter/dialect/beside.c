// What files hold beside layers that a dialect reads: words that were bundled with them, and what
// is of a method that is not applied.
#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"
#include "compute/i18n.h"

#include <string.h>

// ---- methods ------------------------------------------------------------------------------------

// Pieces of tensors' names, PEFT's by its tuners' prefix, LyCORIS' by its modules.
static const struct {
    const char *piece, *method;
} methods[] = {
    {".vera_lambda_", "VeRA"},
    {".ln_tuning_layers", "LN tuning"},
    {".bone_block", "Bone"},
    {".miss_block", "MiSS"},
    {".hra_u", "HRA"},
    {".fourierft_spectrum", "FourierFT"},
    {".waveft_spectrum", "WaveFT"},
    {".shira_weight", "SHiRA"},
    {".randlora_", "RandLoRA"},
    {".vblora_", "VB-LoRA"},
    {".c3a_kernel", "C3A"},
    {".road_theta", "RoAd"},
    {".delora_", "DeLoRA"},
    {".gralora_", "GraLoRA"},
    {".poly_lora_", "Poly"},
    {".psoft_", "PSOFT"},
    {".lora_E", "AdaLoRA"},
    {"internal_xlora_classifier", "X-LoRA"},
    {".trainable_tokens_delta", N_("trainable tokens")},
    {"prompt_embeddings", N_("prompt tuning")},
    {".b2.weight", "GLoRA"},
};

const char *adapter_name_method(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (strstr(name, methods[i].piece)) {
            return translated(methods[i].method);
        }
    }
    return NULL;
}

const char *adapter_source_method(const struct adapter_source *s)
{
    const char *method = NULL;
    for (guint i = 0; i < s->files->len; i++) {
        const GPtrArray *tensors = ((const struct st_file *)s->files->pdata[i])->tensors;
        for (guint k = 0; !method && k < tensors->len; k++) {
            method = adapter_name_method(((const struct st_tensor *)tensors->pdata[k])->name);
        }
    }
    return method;
}

// ---- words --------------------------------------------------------------------------------------

#define BUNDLED "bundle_emb."

// The word of bundle_emb.WORD.string_to_param.* and its relatives, newly allocated. NULL: it is
// none.
static char *bundled_word(const char *name)
{
    static const char *const kinds[] = {"string_to_param.*", "emb_params", "clip_l", NULL};
    const char *word = g_str_has_prefix(name, BUNDLED) ? name + strlen(BUNDLED) : "";
    const char *dot = strchr(word, '.');
    return dot && dot > word && g_strv_contains(kinds, dot + 1)
               ? g_strndup(word, (gsize)(dot - word))
               : NULL;
}

// (n, width) or (width): what the text encoder of the model takes.
static bool fits(const struct adapter *a, const struct st_tensor *t)
{
    const int64_t width = a->model->text.hidden_size, most = a->model->text.max_tokens - 2;
    return t->rank >= 1 && t->rank <= 2 && t->shape[t->rank - 1] == width && t->count > 0 &&
           t->count <= most * width;
}

static void drop_unmatched(struct adapter *a, const char *name)
{
    guint at;
    if (g_ptr_array_find_with_equal_func(a->unmatched, name, g_str_equal, &at)) {
        g_ptr_array_remove_index(a->unmatched, at);
    }
}

bool adapter_take_words(struct adapter *a, const struct adapter_source *s, GError **error)
{
    for (guint i = 0; i < s->files->len; i++) {
        const GPtrArray *tensors = ((const struct st_file *)s->files->pdata[i])->tensors;
        for (guint k = 0; k < tensors->len; k++) {
            const struct st_tensor *t = tensors->pdata[k];
            g_autofree char *word = bundled_word(t->name);
            if (!word || !fits(a, t)) {
                continue; // stays unmatched, and is told
            }
            g_autofree float *rows = g_new(float, t->count);
            if (!st_read_learned(t, rows, error)) {
                return false;
            }
            adapter_token_put(a, word, rows, (int)t->count);
            drop_unmatched(a, t->name);
        }
    }
    return true;
}
