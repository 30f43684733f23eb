#include "compute/error.h"

GQuark tincture_error_quark(void)
{
    return g_quark_from_static_string("tincture-error");
}
