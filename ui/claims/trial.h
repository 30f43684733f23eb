// What claims are tried with: subjects, learning from them, drawing and grading. What was learned
// and graded is kept in the folder, by a hash of all that it depends on, so that claims share it
// and a run that was stopped goes on.
#pragma once

#include "ui/claims/finding.h"
#include "ui/claims/grader.h"
#include "ui/core/subject.h"

// How much is done.
struct trial_size {
    int seeds;
    int steps;      // of a training; those that are watched on their way go on to 4 times that
    int prompts;    // that are drawn of each subject, up to TRIAL_PROMPTS
    int draw_steps; // of a drawing
    int pictures;   // of the model's own, for each class
};
#define TRIAL_PROMPTS  GRADER_SENTENCES
#define TRIAL_SUBJECTS 3

struct trial_subject {
    const char *name;  // of its folder
    const char *token; // its new word
    char *kind;        // what it is one of
    struct subject_album album;
    struct looks *looks; // of it
    double zero, one;    // likeness of the model's own pictures of the class, and of other photos
};

struct trial {
    struct engine *engine; // borrowed
    const char *dir;       // borrowed; has folders runs, results and pictures
    struct trial_size size;
    char *base;   // all that everything depends on: model, photos, sizes
    char *graded; // what numbers depend on: that, and the measures
    struct grader *grader;
    struct trial_subject subjects[TRIAL_SUBJECTS]; // the first two are alike, the third is not
    struct finding *about;                         // the grader: how well it tells the subjects
    uint64_t seed;                                 // of the trial that goes on
    struct task *task;                             // what is told to it is told by the trial
    double spent; // seconds of two cores, about, that this claim has come to so far
    void (*progress)(struct trial *t); // after spent has grown
    void *data;
};

// photos: paths in the place of the first subject's, NULL: its own; kind is then their class.
// base is the model's and the sizes' part of what everything depends on.
struct trial *trial_new(struct engine *e, const char *dir, const struct trial_size *size,
                        const char *const *photos, const char *kind, struct task *task,
                        GError **error);
void trial_free(struct trial *t);

// ---- learning -----------------------------------------------------------------------------------

// Something to learn.
struct recipe {
    int subjects[2];             // of the trial; the second -1: one alone
    const struct train_set *set; // what to learn instead, without words of its own; NULL: subjects
    const char *set_name;        // what stands for its bytes
    const char *settings;        // of learn_settings: "method=svdiff lr=0.03 subset=ca"
    int steps;                   // 0: the trial's
    bool goes_on;                // a longer one follows: what that needs is kept
};
#define RECIPE_ONE(i, text)                                                                        \
    (struct recipe)                                                                                \
    {                                                                                              \
        .subjects = {(i), -1}, .settings = (text)                                                  \
    }
// What it gives with the trial's seed. Of recipes that differ in steps alone the longer goes on
// where the shorter ended. To be freed; NULL with an error.
struct adapter *trial_learn(struct trial *t, const struct recipe *r, GError **error);
// The file that it is then in. Newly allocated.
char *trial_path(const struct trial *t, const struct recipe *r);

// ---- drawing and grading ------------------------------------------------------------------------

// A picture of the sentence by these adapters.
struct edit_result *trial_draw(struct trial *t, struct adapter *const *list, int n,
                               const char *sentence, uint64_t seed, GError **error);
// How alike a picture is to a subject: 0 as the model's own pictures of its class are, 1 as other
// photos of it. NAN with an error.
double trial_likeness(struct trial *t, const float *latents, int subject, GError **error);

// What a photo shows, in its middle square, where it is opaque.
struct looks *trial_looks(struct trial *t, const struct photo *p, GError **error);

struct grade {
    double likeness; // trial_likeness(), the mean over the pictures
    double text;     // grader_text() beside the other sentences, likewise
};
// Of a subject as these adapters draw it in the trial's sentences. name: of the pictures' files,
// which f gets one of, with these words below; NULL: no picture.
bool trial_grade_adapters(struct trial *t, struct adapter *const *list, int n, int subject,
                          const char *name, const char *words, struct finding *f,
                          struct grade *grade, GError **error);
// The same of what the recipe gives, for its first subject; kept.
bool trial_grade(struct trial *t, const struct recipe *r, const char *words, struct finding *f,
                 struct grade *grade, GError **error);

// Writes a picture in [-1,1] and adds it to f; name: of its file, without the ending.
bool trial_show(struct trial *t, struct finding *f, const char *name, const float *rgb, int width,
                int height, const char *words, GError **error);
// Adds to what was spent.
void trial_spend(struct trial *t, double seconds);

// What the methods are tried with; rates were looked for once, on the first subject, with the
// starter model (README.md).
#define RECIPE_SVDIFF "method=svdiff lr=0.03"
#define RECIPE_LORA   "method=lora lr=0.002 rank=4 targets=attention"
#define RECIPE_FULL   "method=full lr=0.0002 lr_1d=0.0002"
#define RECIPE_CUSTOM "method=full layers=cross_attention lr=0.001"
#define RECIPE_WORD   "method=word"
#define RECIPE_OFT    "method=oft lr=0.003"
#define RECIPE_COFT   "method=coft lr=0.003"

// trial_grade() as "LINE.likeness" and "LINE.text" of f, with a picture.
bool trial_line(struct trial *t, struct finding *f, const char *line, const struct recipe *r,
                struct grade *grade, GError **error);
