#include "ui/core/picture_folder.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "render/codec.h"
#include "ui/core/control_set.h"
#include "ui/core/paths.h"
#include "ui/core/subject.h"

static bool is_picture(const char *name)
{
    return *name != '.' && codec_find_suffix(name) && !g_str_has_suffix(name, SUBJECT_MASK) &&
           !control_set_is_hint(name);
}

GPtrArray *picture_folder(const char *folder, GError **error)
{
    GPtrArray *paths = paths_in(folder, is_picture, error);
    if (paths && paths->len == 0) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, _("there are no photos in %s"),
                    folder);
        g_clear_pointer(&paths, g_ptr_array_unref);
    }
    return paths;
}
