// What objectives of subjects share: pictures of the class beside those of the subject.
#pragma once

#include "compute/i18n.h"
#include "compute/train/objective.h"

// The weight of the class; 0: there are no pictures of it.
bool subject_keeps_class(const struct settings *s);
int subject_batch_rows(const struct settings *s);
// What rows of the class weigh, and the others, so that the mean over the batch is the sum of both
// means.
float subject_row_weight(const struct settings *s, bool prior);

// How the class is held (the setting "keep").
extern const char *const subject_keep_names[];
// The rows of a batch that are held to what the model itself predicts.
int subject_kept_rows(const struct objective_run *run);

// Rows of the settings that they have.
#define SUBJECT_ROWS                                                                               \
    {.key = "prior_weight",                                                                        \
     .title = N_("Weight of the class"),                                                           \
     .help =                                                                                       \
         N_("How strongly pictures of the class hold what the model knew of it; 0 needs none"),    \
     .kind = SETTING_FLOAT,                                                                        \
     .max = 100,                                                                                   \
     .slider_max = 2,                                                                              \
     .def = 1},                                                                                    \
        {.key = "keep",                                                                            \
         .title = N_("Class is held to"),                                                          \
         .help =                                                                                   \
             N_("The pictures of it, as DreamBooth does, or what the model itself predicts of "    \
                "them, which costs a sixth more time and leaves the class as it was"),             \
         .kind = SETTING_CHOICE,                                                                   \
         .level = SETTING_EXPERT,                                                                  \
         .choices = subject_keep_names,                                                            \
         .matters = subject_keeps_class},                                                          \
        {.key = "class_pictures",                                                                  \
         .title = N_("Pictures of the class"),                                                     \
         .help =                                                                                   \
             N_("How many the model draws of the class first; they are kept for the next time"),   \
         .unit = N_("pictures"),                                                                   \
         .kind = SETTING_INT,                                                                      \
         .level = SETTING_EXPERT,                                                                  \
         .min = 1,                                                                                 \
         .max = 1000,                                                                              \
         .slider_min = 1,                                                                          \
         .slider_max = 200,                                                                        \
         .def = 32,                                                                                \
         .matters = subject_keeps_class},                                                          \
        {.key = "vectors",                                                                         \
         .title = N_("Vectors"),                                                                   \
         .help = N_(                                                                               \
             "How many stand in the place of the new word; more can say more, and more wrongly"),  \
         .unit = N_("vectors"),                                                                    \
         .kind = SETTING_INT,                                                                      \
         .level = SETTING_EXPERT,                                                                  \
         .min = 1,                                                                                 \
         .max = 16,                                                                                \
         .slider_min = 1,                                                                          \
         .slider_max = 8,                                                                          \
         .def = 1},                                                                                \
        {.key = "crops",                                                                           \
         .title = N_("Crops"),                                                                     \
         .help = N_("Into how many crops each photo is cut, at random; 1 takes each as it is"),    \
         .unit = N_("crops"),                                                                      \
         .kind = SETTING_INT,                                                                      \
         .level = SETTING_EXPERT,                                                                  \
         .min = 1,                                                                                 \
         .max = 64,                                                                                \
         .slider_min = 1,                                                                          \
         .slider_max = 16,                                                                         \
         .def = 4},                                                                                \
    {                                                                                              \
        .key = "flip", .title = N_("Mirror"),                                                      \
        .help =                                                                                    \
            N_("Half of the crops are mirrored; not for what has writing or a left and a right"),  \
        .kind = SETTING_SWITCH, .level = SETTING_EXPERT, .max = 1, .def = 1                        \
    }
