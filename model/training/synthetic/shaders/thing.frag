// Cloth, the frames of glasses, the inside of the mouth.
in vec3 at;
in vec3 facing;
in vec3 place;
in vec4 coat;
in vec4 trait;
out vec4 colour;


void main() {
    vec3 to_eye = normalize(-at);
    vec3 n = normalize(facing);
    float weave = texture(grain, place.xy / 60.0).r - 0.5;
    float cloth = 1.0 - step(0.5, abs(trait.x - 5.0));
    vec3 lit = coat.rgb * (1.0 + 0.25 * weave * cloth) * irradiance(n, vec3(0.15));
    for (int k = 0; k < 3; k++)
        lit += light_colour[k] * coat.a * pow(max(dot(n, normalize(to_eye + light_direction[k])), 0.0), 40.0);
    colour = vec4(film(lit), 1.0);
}
