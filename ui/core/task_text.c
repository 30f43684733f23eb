#include "ui/core/task_text.h"

#include "ui/core/plain_text.h"

#include "compute/i18n.h"
#include "compute/train/train.h"

#include <math.h>

// Whole sentences, so that they can be translated: {step} and {steps}, {loss} and {name} stand for
// what the report says.
struct words {
    const char *plain;
    const char *full; // where the report counts steps or names a file; NULL: says no more then
};

static const struct words words[TASK_STAGES] = {
    [TASK_WORKING] = {N_("Working")},
    [TASK_LOADING_MODEL] = {N_("Loading the model")},
    [TASK_READING_FILE] = {N_("Reading a file"), N_("Reading {name}")},
    [TASK_FITTING_PREVIEW] = {N_("Preparing the preview's colours")},
    [TASK_COPYING_LIBRARY] = {N_("Copying the library")},
    [TASK_EMPTYING_TRASH] = {N_("Emptying the trash")},
    [TASK_READING_PHOTO] = {N_("Reading the photo")},
    [TASK_OPENING_PHOTO] = {N_("Opening the photo")},
    [TASK_DECOMPOSING] = {N_("Taking weights apart"),
                          N_("Taking weights apart: {step} of {steps}")},
    [TASK_MERGING] = {N_("Putting the adapters into the weights")},
    [TASK_INVERTING] = {N_("Inverting"), N_("Inverting: step {step} of {steps}")},
    [TASK_DRAWING] = {N_("Drawing"), N_("Drawing: step {step} of {steps}")},
    [TASK_COMPARING] = {N_("Comparing with the photo"),
                        N_("Comparing with the photo: step {step} of {steps}")},
    [TASK_FINDING_EDIT_MASK] = {N_("Finding what to change"),
                                N_("Finding what to change: step {step} of {steps}")},
    [TASK_SELECTING] = {N_("Looking at the photo"),
                        N_("Looking at the photo: step {step} of {steps}")},
    [TASK_RESTORING] = {N_("Returning to full size")},
    [TASK_DRAWING_CLASS] = {N_("Drawing pictures of the class"),
                            N_("Drawing pictures of the class: {step} of {steps}")},
    [TASK_READING_EXAMPLES] = {N_("Reading the pictures")},
    [TASK_LEARNING] = {N_("Learning"), N_("Learning: step {step} of {steps}, loss {loss}")},
    [TASK_SAMPLING] = {N_("Drawing a sample"),
                       N_("Learning: step {step} of {steps}, drawing a sample")},
    [TASK_TRYING] = {N_("Trying claims"), N_("Trying {name}: {step} of {steps}")},
    [TASK_WRITING_FILE] = {N_("Writing the file")},
    [TASK_WRITING_ADAPTER] = {N_("Writing the adapter")},
};

char *task_text(const struct task_progress *progress)
{
    const struct words *w = &words[progress->stage];
    const bool more = w->full && (progress->steps > 0 || progress->name);
    GString *text = g_string_new(_(more ? w->full : w->plain));
    char step[16], steps[16], loss[32];
    g_snprintf(step, sizeof step, "%d", progress->step);
    g_snprintf(steps, sizeof steps, "%d", progress->steps);
    g_snprintf(loss, sizeof loss, "%.4f", progress->training ? progress->training->loss_mean : 0);
    g_string_replace(text, "{steps}", steps, 0);
    g_string_replace(text, "{step}", step, 0);
    g_string_replace(text, "{loss}", loss, 0);
    g_autofree char *name = plain_text(progress->name, TEXT_NAME);
    g_string_replace(text, "{name}", name, 0); // last: any text
    return g_string_free(text, FALSE);
}

char *time_left_text(double seconds)
{
    if (seconds < 0 || !isfinite(seconds)) {
        return NULL;
    }
    if (seconds < 10) {
        return g_strdup_printf(_("%.1f s left"), seconds);
    }
    if (seconds < 90) {
        return g_strdup_printf(_("%.0f s left"), seconds);
    }
    return g_strdup_printf(_("%.0f min left"), seconds / 60);
}
