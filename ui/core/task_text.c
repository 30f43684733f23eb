#include "ui/core/task_text.h"

#include "ui/core/plain_text.h"

#include "compute/train/train.h"

#include <math.h>

// Whole sentences, so that they can be translated: {step} and {steps}, {loss} and {name} stand for
// what the report says.
struct words {
    const char *plain;
    const char *full; // where the report counts steps or names a file; NULL: says no more then
};

static const struct words words[TASK_STAGES] = {
    [TASK_WORKING] = {"Working"},
    [TASK_LOADING_MODEL] = {"Loading the model"},
    [TASK_READING_FILE] = {"Reading a file", "Reading {name}"},
    [TASK_FITTING_PREVIEW] = {"Preparing the preview's colours"},
    [TASK_COPYING_LIBRARY] = {"Copying the library"},
    [TASK_READING_PHOTO] = {"Reading the photo"},
    [TASK_OPENING_PHOTO] = {"Opening the photo"},
    [TASK_DECOMPOSING] = {"Taking weights apart", "Taking weights apart: {step} of {steps}"},
    [TASK_MERGING] = {"Putting the adapters into the weights"},
    [TASK_INVERTING] = {"Inverting", "Inverting: step {step} of {steps}"},
    [TASK_DRAWING] = {"Drawing", "Drawing: step {step} of {steps}"},
    [TASK_COMPARING] = {"Comparing with the photo",
                        "Comparing with the photo: step {step} of {steps}"},
    [TASK_FINDING_EDIT_MASK] = {"Finding what to change",
                                "Finding what to change: step {step} of {steps}"},
    [TASK_SELECTING] = {"Looking at the photo", "Looking at the photo: step {step} of {steps}"},
    [TASK_RESTORING] = {"Returning to full size"},
    [TASK_DRAWING_CLASS] = {"Drawing pictures of the class",
                            "Drawing pictures of the class: {step} of {steps}"},
    [TASK_READING_EXAMPLES] = {"Reading the pictures"},
    [TASK_LEARNING] = {"Learning", "Learning: step {step} of {steps}, loss {loss}"},
    [TASK_SAMPLING] = {"Drawing a sample", "Learning: step {step} of {steps}, drawing a sample"},
    [TASK_TRYING] = {"Trying claims", "Trying {name}: {step} of {steps}"},
    [TASK_WRITING_FILE] = {"Writing the file"},
    [TASK_WRITING_ADAPTER] = {"Writing the adapter"},
};

char *task_text(const struct task_progress *progress)
{
    const struct words *w = &words[progress->stage];
    const bool more = w->full && (progress->steps > 0 || progress->name);
    GString *text = g_string_new(more ? w->full : w->plain);
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
        return g_strdup_printf("%.1f s left", seconds);
    }
    if (seconds < 90) {
        return g_strdup_printf("%.0f s left", seconds);
    }
    return g_strdup_printf("%.0f min left", seconds / 60);
}
