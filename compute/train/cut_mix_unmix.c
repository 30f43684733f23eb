// Several subjects at once (Han et al., SVDiff, section 3.3): with some probability a step learns
// from a picture that is put together of two subjects, one in each half, under a caption that says
// which is where; else from one subject alone, as with probability 1 they could not be told apart.
// Pictures of the classes, put together likewise, preserve those.
//
// Unmix: what the words of one subject look at in the half of the other costs,
//
//   L = L_subject + u / |maps| sum over cross-attention maps of
//           mean over rows, heads and the other's half of sum over the subject's words of A^2
//
// Layers, weight and means are not published: this is all cross-attention layers, and the weight
// is a setting.
#include "compute/train/subject.h"

#include "compute/i18n.h"

#include <string.h>

enum { SIDES = 2 }; // left, right

struct mix {
    bool *composed; // [samples]: put together of two
    float *words;   // (samples, SIDES, tokens): 1 where the caption has a side's words
    struct tensor *inputs[SIDES]; // (rows,1,1,tokens): the same of each row
    float *host;                  // one of them
};

static int tokens_of(const struct objective_run *run)
{
    return run->model->text.max_tokens;
}

// ---- which words are whose ----------------------------------------------------------------------

// Where the ids of the words follow one another in the caption.
static bool mark_words(const struct objective_run *run, int sample, const char *words, float *mark,
                       GError **error)
{
    const int tokens = tokens_of(run);
    const struct train_caption *caption = &run->data.captions[run->data.samples[sample].caption];
    g_autofree int32_t *ids = g_new(int32_t, tokens);
    int n;
    model_tokenize(run->model, words, ids, &n, NULL);
    n -= 2; // the marks
    for (int at = 1; n > 0 && at + n <= tokens; at++) {
        if (memcmp(caption->ids + at, ids + 1, (size_t)n * sizeof *ids) == 0) {
            for (int i = 0; i < n; i++) {
                mark[at + i] = 1;
            }
            return true;
        }
    }
    g_set_error(
        error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
        _("\"%s\" shows \"%s\" on one side and does not say so, or is longer than the model "
          "reads"),
        caption->text, words);
    return false;
}

static bool mark_example(struct objective_run *run, const struct train_example *e, int sample,
                         GError **error)
{
    struct mix *mix = run->state;
    for (int side = 0; side < SIDES && e->sides[side]; side++) {
        float *mark = mix->words + (gsize)(sample * SIDES + side) * (gsize)tokens_of(run);
        if (!mark_words(run, sample, e->sides[side], mark, error)) {
            return false;
        }
    }
    mix->composed[sample] = e->composed;
    return true;
}

// ---- a run --------------------------------------------------------------------------------------

static bool unmixes(const struct objective_run *run)
{
    return settings_get(run->settings, "unmix") > 0;
}

static bool mix_prepare(struct objective_run *run, const struct train_set *set, struct task *task,
                        GError **error)
{
    const int tokens = tokens_of(run), n = run->data.count;
    struct mix *mix = run->state = g_new0(struct mix, 1);
    mix->composed = g_new0(bool, n);
    mix->words = g_new0(float, (gsize)n *SIDES *tokens);
    mix->host = g_new0(float, (gsize)run->rows *tokens);
    run->attention = unmixes(run) ? "*.attn2" : NULL;
    run->kept_rows = subject_kept_rows(run);
    for (int i = 0; i < set->count; i++) {
        if (!mark_example(run, &set->examples[i], i, error)) {
            return false;
        }
    }
    return train_need_role(run, ROLE_INSTANCE, error) &&
           (!subject_keeps_class(run->settings) || train_need_role(run, ROLE_PRIOR, error)) &&
           (!unmixes(run) ||
            ((mix->inputs[0] = train_add_input(run, DTYPE_F32, 1, 1, tokens, "left", error)) &&
             (mix->inputs[1] = train_add_input(run, DTYPE_F32, 1, 1, tokens, "right", error))));
}

static bool fits(const struct objective_run *run, int sample, enum train_role role, bool composed)
{
    const struct mix *mix = run->state;
    return run->data.samples[sample].role == role && mix->composed[sample] == composed;
}

// One of its role, put together or not; any of its role where there is none such.
static int pick(const struct objective_run *run, struct rng *rng, enum train_role role,
                bool composed)
{
    int n = 0, i = 0;
    for (int k = 0; k < run->data.count; k++) {
        n += fits(run, k, role, composed);
    }
    if (n == 0) {
        return train_pick(run, rng, role);
    }
    int left = rng_below(rng, n);
    while (!fits(run, i, role, composed) || left-- > 0) {
        i++;
    }
    return i;
}

static void mix_draw(const struct objective_run *run, struct rng *rng, struct train_batch *batch)
{
    const int instances = batch->count / subject_batch_rows(run->settings);
    for (int i = 0; i < batch->count; i++) {
        const bool prior = i >= instances;
        const bool composed = rng_uniform(rng) < settings_get(run->settings, "mix_probability");
        const int sample = pick(run, rng, prior ? ROLE_PRIOR : ROLE_INSTANCE, composed);
        train_row_draw(run, rng, sample, &batch->rows[i]);
        batch->rows[i].weight *= subject_row_weight(run->settings, prior);
    }
}

static bool mix_write(struct objective_run *run, const struct train_batch *batch, GError **error)
{
    const struct mix *mix = run->state;
    const size_t tokens = (size_t)tokens_of(run);
    for (int side = 0; side < SIDES && mix->inputs[side]; side++) {
        for (int i = 0; i < batch->count; i++) {
            const size_t at = (size_t)(batch->rows[i].sample * SIDES + side) * tokens;
            memcpy(mix->host + (size_t)i * tokens, mix->words + at, tokens * sizeof(float));
        }
        if (!tensor_write(mix->inputs[side], mix->host, error)) {
            return false;
        }
    }
    return true;
}

// ---- the loss -----------------------------------------------------------------------------------

// The mean over rows, heads and places of one side of what the other side's words see there.
static struct node *seen_across(struct graph *g, const struct attention_map *map,
                                struct node *words, int other)
{
    const int *s = map->node->shape; // (N, heads, height width, tokens)
    const int half = map->width / 2, begin = other == 0 ? 0 : map->width - half;
    struct node *squares = op_mul(g, op_mul(g, map->node, map->node), words);
    struct node *sums = op_sum_to(g, squares, (int[]){s[0], s[1], s[2], 1});
    // A row of the picture is a vector, of which a half is taken.
    struct node *rows = op_reshape(g, sums, s[0] * s[1], map->height, 1, map->width);
    struct node *total = op_sum_to(g, op_slice(g, rows, begin, half), (int[]){1, 1, 1, 1});
    return op_affine(g, total, 1.0f / (float)((int64_t)s[0] * s[1] * map->height * half), 0);
}

static struct node *mix_loss(struct objective_run *run, struct graph *g,
                             const struct loss_nodes *in)
{
    const struct mix *mix = run->state;
    struct node *loss = loss_mean(g, in);
    const float weight =
        (float)settings_get(run->settings, "unmix") / (float)MAX(in->attention->len, 1);
    for (int side = 0; side < SIDES && in->attention->len > 0; side++) {
        struct node *words = graph_leaf(g, mix->inputs[side]);
        for (guint i = 0; i < in->attention->len; i++) {
            const struct attention_map *map =
                &g_array_index(in->attention, struct attention_map, i);
            if (map->width > 1) {
                struct node *seen = seen_across(g, map, words, 1 - side);
                loss = op_add(g, loss, op_affine(g, seen, weight, 0));
            }
        }
    }
    return loss;
}

static void mix_finish(struct objective_run *run)
{
    struct mix *mix = run->state;
    if (mix) {
        g_free(mix->composed);
        g_free(mix->words);
        g_free(mix->host);
        g_free(mix);
    }
}

static const char *const mix_names[] = {N_("halves"), N_("segments"), NULL};

static bool takes_pairs(const struct settings *s)
{
    return settings_get(s, "mix_probability") > 0;
}

static const struct setting mix_settings[] = {
    SUBJECT_ROWS,
    {.key = "mix",
     .title = N_("Pairs"),
     .help =
         N_("Halves of two photos side by side, or both subjects cut out by their masks, on one "
            "ground"),
     .kind = SETTING_CHOICE,
     .choices = mix_names,
     .matters = takes_pairs},
    {.key = "pairs",
     .title = N_("Number of pairs"),
     .help = N_("How many pictures are put together of each two subjects, and of their classes"),
     .unit = N_("pictures"),
     .kind = SETTING_INT,
     .level = SETTING_EXPERT,
     .min = 1,
     .max = 1000,
     .slider_min = 1,
     .slider_max = 100,
     .def = 24,
     .matters = takes_pairs},
    {.key = "mix_probability",
     .title = N_("Share of pairs"),
     .help = N_("How often a step learns from two subjects side by side instead of one alone"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1,
     .def = 0.6},
    {.key = "unmix",
     .title = N_("Unmix"),
     .help =
         N_("How much it costs that a subject's words look at the other subject; 0 lets them, and "
            "takes less memory"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1000,
     .slider_max = 10,
     .def = 1,
     .matters = takes_pairs},
    {0},
};

extern const struct objective cut_mix_unmix_objective;
const struct objective cut_mix_unmix_objective = {
    .name = "cut_mix_unmix",
    .title = N_("Learn several subjects"),
    .summary = N_("Learns two or more subjects together and keeps them apart: pictures with one in "
                  "each half, and attention that stays in its half"),
    .settings = mix_settings,
    .level = SETTING_HIDDEN, // as that of one subject
    .of_subjects = true,
    .rows = subject_batch_rows,
    .prepare = mix_prepare,
    .draw = mix_draw,
    .write = mix_write,
    .loss = mix_loss,
    .finish = mix_finish,
};
