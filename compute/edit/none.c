// Nothing but the words and the inversion holds the edit.
#include "compute/edit/private.h"

#include "compute/i18n.h"

static bool begin(struct run *r, void **state, GError **error)
{
    *state = NULL;
    if (r->request->weights) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("words have weights only where attention is controlled"));
        return false;
    }
    return true;
}

extern const struct control_type none_control;
const struct control_type none_control = {
    .name = "none",
    .title = N_("None"),
    .summary = N_("Nothing but the words and the inversion"),
    .begin = begin,
};
