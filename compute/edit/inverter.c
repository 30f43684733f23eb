// The table of inverters, generated from the list in meson.build.
#include "compute/edit/inverter.h"

#include "compute/edit/inverter_table.h"

#define X(name) extern const struct inverter_type name##_inverter;
INVERTER_ROWS
#undef X

#define X(name) &name##_inverter,
const struct inverter_type *const inverter_table[] = {INVERTER_ROWS NULL};
#undef X

const struct member *inverter_family(int i)
{
    return inverter_table[i] ? &inverter_table[i]->member : NULL;
}

const struct inverter_type *inverter_chosen(const struct settings *s)
{
    return inverter_table[settings_int(s, "inverter")];
}
