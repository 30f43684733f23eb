#include "ui/app.h"

#include "compute/process.h"
#include "ui/core/language.h"

int main(int argc, char **argv)
{
    process_prepare();
    language_begin();
    TinctureApp *app = tincture_app_new();
    tincture_app_welcome(app);
    return tincture_app_run(app, argc, argv);
}
