// The table of controls, generated from the list in meson.build.
#include "compute/edit/control.h"

#include "compute/edit/control_table.h"

#define X(name) extern const struct control_type name##_control;
CONTROL_ROWS
#undef X

#define X(name) &name##_control,
const struct control_type *const control_table[] = {CONTROL_ROWS NULL};
#undef X

const struct member *control_family(int i)
{
    return control_table[i] ? &control_table[i]->member : NULL;
}

const struct control_type *control_chosen(const struct settings *s)
{
    return control_table[settings_int(s, "attention")];
}
