// Cards of hair that hang before the face: strands too thin to see singly.
in vec3 at;
in vec3 facing;
in vec3 place;                     // across and along the card, mm; its own seed
in vec4 coat;                      // linear colour, density
in vec4 trait;                     // material, share of the length, across -1..1, -
out vec4 colour;

void main() {
    float strand = texture(grain, vec2(place.x / 14.0 + place.z, place.y / 160.0 + place.z)).a;
    float thin = smoothstep(0.62, 1.0, trait.y);               // they end at different lengths
    float within = 1.0 - smoothstep(0.55, 1.0, abs(trait.z));
    float alpha = coat.a * within * smoothstep(0.25 + 0.55 * thin, 0.5 + 0.55 * thin, strand);
    vec3 to_eye = normalize(-at);
    vec3 n = normalize(facing);
    vec3 lit = coat.rgb * (0.6 + 0.8 * strand) * irradiance(n, vec3(0.4));
    for (int k = 0; k < 3; k++)
        lit += (0.01 + 0.12 * coat.rgb) * light_colour[k] * pow(max(dot(n, normalize(to_eye + light_direction[k])), 0.0), 9.0);
    colour = vec4(film(lit), alpha);
}
