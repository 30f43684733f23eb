// What can be set about a run.
#include "compute/edit/private.h"

#include "compute/i18n.h"

#include <math.h>

static const char INVERSION_HELP[] =
    N_("How far the photo may change: how much of the way to noise "
       "it is taken back before it is drawn "
       "again; 0 returns the photo");
static const char LOCALITY_HELP[] =
    N_("How closely the change keeps to the places the new words are "
       "about; 0 lets it reach everywhere");

static const char RESCALE_HELP[] =
    N_("How far the contrast that guidance adds is taken back; 0 leaves "
       "it");

static const char INTERVAL_HELP[] =
    N_("Every so many calls of the network all of it is computed; in between its deep layers' last "
       "result is taken again (DeepCache), which is faster and a little off; 1: never");

static const char LONG_HELP[] = N_("Sentences may be longer than the model reads at once: it reads "
                                   "them part by part; without this they are cut");
static const char EMPHASIS_HELP[] = N_("In sentences (word) counts for more, [word] for less and "
                                       "(word:1.3) as much as that says");

static bool guided(const struct settings *s)
{
    return settings_get(s, "guidance") > 1;
}

struct prompt_style edit_prompt_style(const struct settings *s)
{
    return (struct prompt_style){.long_prompt = settings_get(s, "long_prompt") > 0,
                                 .emphasis = settings_get(s, "emphasis") > 0};
}

static bool cached(const struct settings *s)
{
    return settings_get(s, "cache_interval") > 1;
}

static bool sampler_chosen(const struct settings *s)
{
    return !settings_find(s, "inverter", NULL) || !inverter_chosen(s)->fixed;
}

// Within a frame around a thing that the starter has not seen, a place that was to change ranks
// above one that was not in 56 % of the pairs: how much is kept back is better a person's to say.
#define LOCALITY 0

// Of an edit guidance is rescaled by all of it. The spread of lightness that the edits of two
// samples have, against the photo's, at guidance 3 and 9: the dahlia 1.62 and 1.93 without and 1.33
// and 1.31 with, the tower 0.94 and 0.77 without and 1.03 and 1.00 with. At guidance 1 it is 1.15
// and 0.96.
#define EDIT_RESCALE 1

// Rows of both tables.
#define DRAWING_ROWS(rescale)                                                                      \
    {.key = "steps",                                                                               \
     .title = N_("Steps"),                                                                         \
     .recipe = "Steps",                                                                            \
     .help = N_("Denoising steps: more is finer and slower"),                                      \
     .unit = N_("steps"),                                                                          \
     .kind = SETTING_INT,                                                                          \
     .level = SETTING_EXPERT,                                                                      \
     .min = 1,                                                                                     \
     .max = 1000,                                                                                  \
     .slider_min = 5,                                                                              \
     .slider_max = 100,                                                                            \
     .def = 20,                                                                                    \
     .scope = EDIT_INVERTING | EDIT_DRAWING},                                                      \
        {.key = "scheduler",                                                                       \
         .title = N_("Sampler"),                                                                   \
         .recipe = "Sampler",                                                                      \
         .help = N_("How the picture is found in the noise, step by step"),                        \
         .kind = SETTING_CHOICE,                                                                   \
         .level = SETTING_EXPERT,                                                                  \
         .family = sampler_family,                                                                 \
         .matters = sampler_chosen,                                                                \
         .scope = EDIT_DRAWING},                                                                   \
        {.key = "guidance",                                                                        \
         .title = N_("Guidance"),                                                                  \
         .recipe = "CFG scale",                                                                    \
         .help = N_("How strongly the picture follows the words"),                                 \
         .kind = SETTING_FLOAT,                                                                    \
         .level = SETTING_EXPERT,                                                                  \
         .min = 1,                                                                                 \
         .max = 30,                                                                                \
         .slider_min = 1,                                                                          \
         .slider_max = 12,                                                                         \
         .def = 3,                                                                                 \
         .scope = EDIT_DRAWING},                                                                   \
        {                                                                                          \
            .key = "guidance_end",                                                                 \
            .title = N_("Guided part"),                                                            \
            .help =                                                                                \
                N_("The part of the steps that guidance steers; the rest takes half the time"),    \
            .kind = SETTING_FLOAT,                                                                 \
            .level = SETTING_EXPERT,                                                               \
            .max = 1,                                                                              \
            .def = 1,                                                                              \
            .scope = EDIT_DRAWING,                                                                 \
            .matters = guided,                                                                     \
        },                                                                                         \
        {                                                                                          \
            .key = "guidance_rescale",                                                             \
            .title = N_("Guidance rescale"),                                                       \
            .help = RESCALE_HELP,                                                                  \
            .kind = SETTING_FLOAT,                                                                 \
            .level = SETTING_EXPERT,                                                               \
            .max = 1,                                                                              \
            .def = (rescale),                                                                      \
            .scope = EDIT_DRAWING,                                                                 \
            .matters = guided,                                                                     \
        },                                                                                         \
        {.key = "cache_interval",                                                                  \
         .title = N_("Deep layers every"),                                                         \
         .help = INTERVAL_HELP,                                                                    \
         .unit = N_("steps"),                                                                      \
         .kind = SETTING_INT,                                                                      \
         .level = SETTING_EXPERT,                                                                  \
         .min = 1,                                                                                 \
         .max = 20,                                                                                \
         .slider_min = 1,                                                                          \
         .slider_max = 5,                                                                          \
         .def = 1,                                                                                 \
         .scope = EDIT_DRAWING},                                                                   \
        {.key = "cache_layers",                                                                    \
         .title = N_("Layers in between"),                                                         \
         .help = N_("So many of the finest layers are computed in the calls in between"),          \
         .kind = SETTING_INT,                                                                      \
         .level = SETTING_EXPERT,                                                                  \
         .min = 1,                                                                                 \
         .max = 24,                                                                                \
         .slider_min = 1,                                                                          \
         .slider_max = 12,                                                                         \
         .def = 1,                                                                                 \
         .scope = EDIT_DRAWING,                                                                    \
         .matters = cached},                                                                       \
        {.key = "long_prompt",                                                                     \
         .title = N_("Long sentences"),                                                            \
         .help = LONG_HELP,                                                                        \
         .kind = SETTING_SWITCH,                                                                   \
         .level = SETTING_EXPERT,                                                                  \
         .scope = EDIT_INVERTING | EDIT_DRAWING},                                                  \
    {                                                                                              \
        .key = "emphasis", .title = N_("Weights in sentences"), .help = EMPHASIS_HELP,             \
        .kind = SETTING_SWITCH, .level = SETTING_EXPERT, .scope = EDIT_INVERTING | EDIT_DRAWING,   \
    }

const struct setting generate_settings[] = {DRAWING_ROWS(0), {0}};

const struct setting edit_settings[] = {
    DRAWING_ROWS(EDIT_RESCALE),
    {.key = "inversion",
     .title = N_("How much"),
     .recipe = "Denoising strength",
     .help = INVERSION_HELP,
     .kind = SETTING_FLOAT,
     .max = 1,
     .def = 1,
     .scope = EDIT_DRAWING},
    {.key = "locality",
     .title = N_("Keep the place"),
     .help = LOCALITY_HELP,
     .kind = SETTING_FLOAT,
     .max = 1,
     .def = LOCALITY,
     .scope = EDIT_BLENDING},
    {.key = "named_color",
     .title = N_("Keep to the named colour or light"),
     .help =
         N_("How far a change of colour is brought to the colour that the sentence names, and one "
            "of light to the tint that such light has; what had no colour of its own then stays"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1,
     .scope = EDIT_BLENDING},
    {.key = "spread",
     .title = N_("Spread"),
     .help = N_(
         "How far a change of colour or light goes on over all that may change; 0 leaves it where "
         "it was made"),
     .kind = SETTING_FLOAT,
     .max = 1,
     .scope = EDIT_RETURNING},
    {.key = "shading",
     .title = N_("Keep the shading"),
     .help = N_("How far light and shade stay the photo's own where the colour changes"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1,
     .scope = EDIT_RETURNING},
    {.key = "seam",
     .title = N_("Seam"),
     .help =
         N_("How an edit ends at the border of the mask: as soft as that is, or bent so that it "
            "vanishes, for patches inside one surface"),
     .kind = SETTING_CHOICE,
     .level = SETTING_EXPERT,
     .choices = (const char *const[]){N_("soft"), N_("gradient"), NULL}, // enum detail_seam
     .scope = EDIT_RETURNING},
    {.key = "inverter",
     .title = N_("Inversion"),
     .help = N_("How the photo is taken back to noise, and how it is made to come back"),
     .kind = SETTING_CHOICE,
     .level = SETTING_EXPERT,
     .family = inverter_family,
     .scope = EDIT_DRAWING},
    {.key = "attention",
     .former = "control",
     .title = N_("Attention control"),
     .help = N_("What holds the edit to the photo while it is drawn, beside the words"),
     .kind = SETTING_CHOICE,
     .level = SETTING_EXPERT,
     .family = control_family,
     .def = 1, // prompt_to_prompt
     .scope = EDIT_HOLDING},
    {.key = "keep_edges",
     .title = N_("Keep the edges"),
     .help =
         N_("How closely the drawing follows the photo's own edges, where the model has learned "
            "to; 0 leaves it free"),
     .kind = SETTING_FLOAT,
     .max = 2,
     .slider_max = 1,
     .scope = EDIT_HOLDING},
    {.key = "structure",
     .title = N_("Fresh noise"),
     .help = N_(
         "Noise of the seed mixed in where the edit starts, so that shapes and poses can change"),
     .kind = SETTING_FLOAT,
     .level = SETTING_EXPERT,
     .max = 1,
     .scope = EDIT_DRAWING},
    {0},
};

// The least of fresh noise with which two seeds are told apart at a glance, and what stays of the
// photo's shapes is still the photo's.
static const double VARIETY = 0.25;

void edit_settings_vary(struct settings *s)
{
    settings_set(s, "structure", fmax(settings_get(s, "structure"), VARIETY), NULL);
}

bool edit_settings_seed_matters(const struct settings *s)
{
    const struct inverter_type *inverter = inverter_chosen(s);
    if (inverter->random || settings_get(s, "structure") > 0) {
        return true;
    }
    const struct setting *eta = inverter->fixed ? NULL : settings_find(s, "eta", NULL);
    return !inverter->corrected && eta && settings_get(s, "eta") > 0;
}
