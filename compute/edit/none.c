// Nothing but the words and the inversion holds the edit.
#include "compute/edit/control.h"

static void *begin(struct run *r)
{
    return NULL;
}

extern const struct control_type none_control;
const struct control_type none_control = {
    .name = "none",
    .title = "None",
    .summary = "Nothing but the words and the inversion",
    .begin = begin,
};
