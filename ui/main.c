#include "ui/app.h"

int main(int argc, char **argv)
{
    g_autoptr(TinctureApp) app = tincture_app_new();
    int status = g_application_run(G_APPLICATION(app), argc, argv);
    return status != 0 ? status : tincture_app_get_status(app);
}
